"""Picture files of 16, 4 and 2 bits per channel, which Pillow does not write."""

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_SHORT, _LONG = 3, 4


def png_of(values: NDArray[Any], chunks: dict[str, bytes] | None = None, bits: int = 16) -> bytes:
    """A PNG of (H, W) grey, or (H, W, n) grey and alpha, RGB, or RGBA; with chunks before IDAT."""
    height, width = values.shape[:2]
    n_channels = 1 if values.ndim == 2 else values.shape[2]
    words = values.astype(">u2").reshape(height, -1, 1)
    each = np.unpackbits(words.view(np.uint8), axis=2)[..., -bits:]
    packed = np.packbits(each.reshape(height, -1), axis=1)
    raw = b"".join(b"\0" + row.tobytes() for row in packed)
    header = struct.pack(">IIBB", width, height, bits, _COLOUR_TYPES[n_channels]) + bytes(3)
    made = {"IHDR": header, **(chunks or {}), "IDAT": zlib.compress(raw), "IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in made.items())


def chunk(kind: str, data: bytes) -> bytes:
    """One chunk of a PNG."""
    check = zlib.crc32(kind.encode() + data)
    return struct.pack(">I", len(data)) + kind.encode() + data + struct.pack(">I", check)


def with_chunk(png: bytes, kind: str, data: bytes) -> bytes:
    """A PNG with one more chunk behind its header."""
    return png[:33] + chunk(kind, data) + png[33:]


def tiff_of(pixels: NDArray[Any], order: str = "<", **tags: Any) -> bytes:
    """An uncompressed TIFF of (H, W) or (H, W, n); tags replace or, as None, remove the usual."""
    height, width = pixels.shape[:2]
    n_channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    data = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    values: dict[str, Any] = {
        "t256": width, "t257": height, "t258": [8 * pixels.dtype.itemsize] * n_channels,
        "t259": 1, "t262": 2 if n_channels >= 3 else 1, "t273": None, "t277": n_channels,
        "t278": height, "t279": len(data),
    } | tags  # fmt: skip
    kept = {int(tag[1:]): value for tag, value in values.items() if value is not None}
    kept[273] = 0
    start = 8
    entries, extra = b"", b""
    base = start + 2 + 12 * len(kept) + 4
    shorts = {tag: value for tag, value in kept.items() if isinstance(value, list)}
    place = base + sum(2 * len(value) for value in shorts.values() if len(value) > 2)
    kept[273] = place
    for tag in sorted(kept):
        value = kept[tag]
        if isinstance(value, list):
            packed = struct.pack(f"{order}{len(value)}H", *value)
            field = packed.ljust(4, b"\0")
            if len(packed) > 4:
                field = struct.pack(f"{order}I", base + len(extra))
                extra += packed
            entries += struct.pack(f"{order}HHI", tag, _SHORT, len(value)) + field
        elif value < 2**16:
            entries += struct.pack(f"{order}HHIHxx", tag, _SHORT, 1, value)
        else:
            entries += struct.pack(f"{order}HHII", tag, _LONG, 1, value)
    magic = b"II*\0" if order == "<" else b"MM\0*"
    head = magic + struct.pack(f"{order}IH", start, len(kept))
    return head + entries + bytes(4) + extra + data
