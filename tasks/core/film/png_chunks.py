"""The chunks of a PNG file: their checksums, and the file without its metadata."""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from tasks.core.film.errors import FilmError

MAGIC = b"\x89PNG\r\n\x1a\n"
# A picture of MAX_PIXELS with 4 channels of 16 bits has 100,000 chunks of libpng's usual 8 kB;
# Pillow handles each chunk in Python
MAX_CHUNKS = 200_000
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
# Ancillary chunks that say how the picture looks, and their shortest length in bytes
_NEEDED = {b"tRNS": 1, b"eXIf": 1, b"gAMA": 4, b"sRGB": 1, b"sBIT": 1, b"bKGD": 1, b"cICP": 4}


class Chunk(NamedTuple):
    """kind: four letters. begin, end: position in the file, with length and checksum."""

    kind: bytes
    begin: int
    end: int


def check_number_of_chunks(data: bytes) -> None:
    """Refuse a PNG file whose parts alone would take too long.

    Raises:
        FilmError: `bomb` if it has more than MAX_CHUNKS chunks.
    """
    for _ in _chunks(data):
        pass


def check_checksums(data: bytes) -> None:
    """Compare the checksums of the chunks that make the pixels; Pillow does not for IDAT.

    A last chunk that is cut off has no checksum: whether its pixels are there is the decoder's
    business.

    Raises:
        FilmError: `unreadable` if a checksum is wrong.
    """
    for chunk in _chunks(data):
        if chunk.kind in (*_CRITICAL, b"tRNS") and not _is_sound(data, chunk):
            name = chunk.kind.decode("ascii")
            raise FilmError("unreadable", f"damaged PNG: the checksum of {name} is wrong")


def png_without_metadata(data: bytes) -> bytes:
    """The same picture without text, profiles, animation and damaged metadata."""
    parts = [MAGIC]
    for chunk in _chunks(data):
        length = chunk.end - chunk.begin - 12
        is_needed = length >= _NEEDED.get(chunk.kind, length + 1) and _is_sound(data, chunk)
        if is_needed or not chunk.kind[0] & 0x20:  # a small first letter: ancillary
            parts.append(data[chunk.begin : chunk.end])
    return b"".join(parts)


def _chunks(data: bytes) -> Iterator[Chunk]:
    """All chunks up to IEND, at most MAX_CHUNKS; the last one may reach behind the file."""
    position = len(MAGIC)
    for _ in range(MAX_CHUNKS):
        if position + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, position)
        chunk = Chunk(kind, position, position + 12 + length)
        yield chunk
        if kind == b"IEND":
            return
        position = chunk.end
    raise FilmError("bomb", f"a PNG of more than {MAX_CHUNKS} chunks")


def _is_sound(data: bytes, chunk: Chunk) -> bool:
    if chunk.end > len(data):
        return True
    stated = int.from_bytes(data[chunk.end - 4 : chunk.end], "big")
    return zlib.crc32(memoryview(data)[chunk.begin + 4 : chunk.end - 4]) == stated
