"""Fields of protocol buffers: examples of the specification, and hostile bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.protobuf_fields import ProtobufField, read_fields


def test_examples_of_the_specification():
    # Source: protobuf.dev/programming-guides/encoding: 1: 150, and 2: "testing"
    data = bytes.fromhex("089601" + "120774657374696e67")
    number, text = read_fields(data)
    assert number == ProtobufField(number=1, start=1, end=3, value=150)
    assert (text.number, data[text.start : text.end], text.value) == (2, b"testing", None)


def test_fields_of_fixed_size_are_skipped():
    data = bytes.fromhex("0d01020304" + "110102030405060708" + "1801")  # 1: 32 bit, 2: 64 bit, 3: 1
    assert [field.number for field in read_fields(data)] == [1, 2, 3]
    assert [field.end - field.start for field in read_fields(data)][:2] == [4, 8]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x0a\x05abc", "5 bytes at byte 2, where 3 are left"),
        (b"\x0b", "kind 3"),  # a group, which no new file has
        (b"\x08\xff", "without an end"),
        (bytes(10), "number 0"),  # a download that the disk never got
        (b"\x08" + b"\xff" * 11, "without an end"),
        (b"\x0d\x01", "4 bytes"),
    ],
)
def test_broken_message_is_an_error(data, message):
    with pytest.raises(ValueError, match=message):
        list(read_fields(data))


@given(st.binary(max_size=60))
def test_any_bytes_give_fields_inside_them_or_an_error(data):
    try:
        fields = list(read_fields(data))
    except ValueError:
        return
    assert all(0 <= field.start <= field.end <= len(data) for field in fields)
