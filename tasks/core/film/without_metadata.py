"""A film file without its metadata, for the case that a decoder stumbles over the metadata."""

import struct

from tasks.core.film.jpeg_parts import START, read_jpeg
from tasks.core.film.png_chunks import MAGIC, png_without_metadata

# Tags of TIFF 6.0 and of TIFF Technical Note 2 that describe pixels; and the orientation, 274
_PIXEL_TAGS = {
    *range(254, 260), 262, 266, 273, 274, *range(277, 282), 284, 292, 293, 317, *range(320, 326),
    338, 339, 340, 341, 347, *range(512, 522), 529, 530, 532,
}  # fmt: skip
_ENTRY_BYTES = 12


def without_metadata(data: bytes) -> bytes | None:
    """The same pixels and orientation in a file without other metadata.

    Args:
        data: Bytes of an image file.

    Returns:
        Bytes of a file; None if the format has no metadata that can be left out.

    Raises:
        FilmError: `bomb` if the file has too many parts.
    """
    if data.startswith(MAGIC):
        return png_without_metadata(data)
    if data.startswith(START):
        parts = read_jpeg(data)
        return None if parts is None else parts.without_metadata()
    if data[:4] in (b"II*\0", b"MM\0*"):
        return _tiff_without_metadata(data)
    return None


def _tiff_without_metadata(data: bytes) -> bytes | None:
    """Keep only the first directory, and there only the tags that describe pixels."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        (begin,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, begin)
    except struct.error:
        return None
    if begin + 2 + _ENTRY_BYTES * count > len(data):
        return None  # cut off: the decoder says so
    entries = data[begin + 2 : begin + 2 + _ENTRY_BYTES * count]
    kept = [
        entries[at : at + _ENTRY_BYTES]
        for at in range(0, len(entries), _ENTRY_BYTES)
        if struct.unpack_from(f"{order}H", entries, at)[0] in _PIXEL_TAGS
    ]
    directory = struct.pack(f"{order}H", len(kept)) + b"".join(kept) + bytes(4)
    # a directory with fewer entries fits into its place; the 4 bytes say that no other follows
    return data[:begin] + directory + data[begin + len(directory) :]
