"""Read the fields of a protocol buffer from its bytes, without a schema and without copies.

Source: protobuf.dev/programming-guides/encoding (tags, varints, wire types).
"""

from collections.abc import Iterator
from dataclasses import dataclass

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT_BYTES = 10


@dataclass(frozen=True)
class ProtobufField:
    """One field: its number, its bytes from `start` to `end`, or the number that it holds.

    value: of a varint field; None for a field with bytes.
    """

    number: int
    start: int
    end: int
    value: int | None = None


def read_fields(data: bytes, start: int = 0, end: int | None = None) -> Iterator[ProtobufField]:
    """Yield the fields of a message in the order of the file.

    Args:
        data: Bytes that hold the message.
        start: Where the message begins.
        end: Where it ends; None for the end of `data`.

    Raises:
        ValueError: The bytes are no such message.
    """
    place, end = start, len(data) if end is None else end
    while place < end:
        tag, place = _varint(data, place, end)
        number, kind = tag >> 3, tag & 7
        if number == 0:  # no field has it; a file of zeros would be read for hours
            raise ValueError(f"a field with the number 0 at byte {place}")
        if kind == _VARINT:
            value, stop = _varint(data, place, end)
            yield ProtobufField(number, place, stop, value)
        else:
            place, stop = _span(data, kind, place, end)
            yield ProtobufField(number, place, stop)
        place = stop


def _span(data: bytes, kind: int, place: int, end: int) -> tuple[int, int]:
    """First and last position + 1 of the bytes of a field."""
    if kind == _LENGTH:
        size, place = _varint(data, place, end)
    elif kind in (_FIXED32, _FIXED64):
        size = 4 if kind == _FIXED32 else 8
    else:
        raise ValueError(f"a field of the kind {kind} at byte {place}")
    if size > end - place:
        raise ValueError(f"a field of {size} bytes at byte {place}, where {end - place} are left")
    return place, place + size


def _varint(data: bytes, place: int, end: int) -> tuple[int, int]:
    """A number in groups of seven bits, lowest first, and the position behind it."""
    value = 0
    for count in range(min(_MAX_VARINT_BYTES, end - place)):
        byte = data[place + count]
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return value, place + count + 1
    raise ValueError(f"a number without an end at byte {place}")
