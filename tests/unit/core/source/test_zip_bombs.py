"""Zip bombs, and members with a false size or checksum, are refused in bounded memory."""

import bz2
import random
import struct
import tracemalloc
import zipfile

import pytest

from tasks.core.source import file_size, zip_members
from tasks.core.source.zip_members import MAX_RATIO
from tests.unit.core.source.zips import (
    METHODS,
    bzip2_zip,
    claim_size,
    put_field,
    read_member,
    zip_of,
    zip_refusal,
)

MIB, GIB = 2**20, 2**30


def overlapping(n_members: int, kernel: bytes) -> bytes:
    """A zip whose members all point at the same packed bytes."""
    data = zip_of({"0.png": kernel})
    start = data.index(b"PK\x01\x02")
    entry = data[start : data.index(b"PK\x05\x06")]
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n_members, n_members, len(entry) * n_members,
                      start, 0)  # fmt: skip
    entries = [entry.replace(b"0.png", b"%d.png" % number) for number in range(n_members)]
    return bytes(data[:start]) + b"".join(map(bytes, entries)) + end


@pytest.mark.parametrize("n_bytes", [0, 999, 1001, 5000])
@pytest.mark.parametrize("method", METHODS)
def test_a_false_size_is_an_oserror(method: int, n_bytes: int) -> None:
    data = claim_size(zip_of({"a.jpeg": bytes(1000)}, method), n_bytes)
    with pytest.raises(OSError, match="size or checksum"):
        read_member(data, "a.jpeg")


def test_a_wrong_checksum_is_an_oserror() -> None:
    data = put_field(zip_of({"a.jpeg": bytes(1000)}), b"PK\x01\x02", 16, "<L", 7)
    with pytest.raises(OSError, match="size or checksum"):
        read_member(data, "a.jpeg")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_that_claims_a_small_size_is_not_unpacked(method: int) -> None:
    data = claim_size(zip_of({"a.jpeg": bytes(60 * MIB)}, method), 1000)
    tracemalloc.start()
    with pytest.raises(OSError, match="size or checksum"):
        read_member(data, "a.jpeg")
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 20 * MIB  # LZMA unpacks a few steps; the others stop at 1001 bytes


def test_a_member_that_claims_a_size_above_the_limit_is_not_unpacked() -> None:
    data = claim_size(zip_of({"a.jpeg": random.Random(1).randbytes(11 * MIB)}), GIB + 1)
    with pytest.raises(OSError, match="larger than 1024 MiB"):
        read_member(data, "a.jpeg")


def test_a_file_of_exactly_the_largest_size_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_size, "MAX_FILE_BYTES", 100)
    data = zip_of({"a.jpeg": bytes(100), "b.jpeg": bytes(101)})
    assert read_member(data, "a.jpeg") == bytes(100)
    with pytest.raises(OSError, match="larger"):
        read_member(data, "b.jpeg")


def test_a_bomb_is_refused_by_its_ratio_and_a_black_film_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zip_members, "ANY_RATIO_BYTES", MIB)
    data = zip_of({"black.bmp": bytes(MIB), "bomb.bmp": bytes(MIB + 1)})
    assert read_member(data, "black.bmp") == bytes(MIB)
    with pytest.raises(OSError, match="zip bomb"):
        read_member(data, "bomb.bmp")


def test_many_members_are_refused_by_the_sum_of_their_sizes() -> None:
    body = bz2.compress(bytes(60 * MIB))
    error = zip_refusal(bzip2_zip(body, 60 * MIB, 20))
    assert f"{MAX_RATIO} times" in error.rule
    assert str(20 * 60 * MIB) in error.found


def test_members_that_share_their_bytes_are_refused() -> None:
    assert read_member(overlapping(1, bytes(100)), "0.png") == bytes(100)
    assert "overlap" in zip_refusal(overlapping(2, bytes(100))).rule


def test_a_member_that_reaches_into_the_directory_is_refused() -> None:
    data = zip_of({"a.jpeg": bytes(100)}, zipfile.ZIP_STORED)
    put_field(data, b"PK\x01\x02", 20, "<L", 110)
    assert "overlap" in zip_refusal(data).rule
