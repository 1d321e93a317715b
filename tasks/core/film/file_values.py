"""Read the stored values of PNG, TIFF and other picture files without loss.

Pillow reads the grey values of ordinary files right. This module adds what it does not read, and
refuses by name what would be read wrongly; `file_attributes` lists each attribute.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from tasks.core.film.errors import MAX_PIXELS, FilmError
from tasks.core.film.file_attributes import check_picture, tiff_words
from tasks.core.film.grey import (
    Levels,
    Strip,
    grey_of_bytes,
    grey_of_values,
    parts,
)

_PHOTOMETRIC, _BITS, _FORMAT = 262, 258, 339  # TIFF tags
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, as Pillow's mode L
_MAX_WIDE_PIXELS = MAX_PIXELS // 4  # 16 bits in colour: 8 bytes per pixel, decoded twice


def open_picture(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    """Open a picture file with Pillow. No pixel is decoded.

    Raises:
        FilmError: `unreadable`, with the names of the attributes that make it so.
    """
    try:
        image = Image.open(io.BytesIO(_readable(data)), formats=formats)
    except UnidentifiedImageError:
        if data[:4] not in _TIFF:
            raise
        raise FilmError("unreadable", f"TIFF with {tiff_words(_tags(data))}") from None
    check_picture(image)
    return image


def grey_of_picture(image: Image.Image, data: bytes) -> Image.Image:
    """Convert a decoded picture to grey: mode L, or I;16 if it holds more than 8 bits.

    Transparent pixels become black. See `grey_of_values` for 16 bits.

    Args:
        image: From `open_picture`, loaded.
        data: Bytes of the file.

    Raises:
        FilmError: `bomb` if it has 16 bits in colour and more than 25 million pixels.
    """
    if image.mode.startswith("I;16"):
        inverted = image.format == "TIFF" and _tags(data).get(_PHOTOMETRIC) == 0
        hidden = image.info.get("transparency")
        return grey_of_values(
            lambda: _grey_strips(image, hidden), image.size, white_is_zero=inverted
        )
    if _has_wide_colours(image, data):
        return _grey_of_wide_colours(image, data)
    _scale_transparency(image, data)
    return grey_of_bytes(image)


def _readable(data: bytes) -> bytes:
    """The file, or a copy that Pillow reads: it does not read white-is-zero of 12 or 16 bits.

    In the copy black is zero; `grey_of_picture` inverts the values.
    """
    if data[:4] not in _TIFF[:2]:
        return data
    try:
        tags = _tags(data)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return data  # Pillow says what is wrong
    if tags.get(_PHOTOMETRIC) != 0 or tags.get(_BITS) not in ((12,), (16,)):
        return data
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    (n_entries,) = struct.unpack_from(f"{order}H", data, start)
    for at in range(start + 2, start + 2 + 12 * n_entries, 12):
        if struct.unpack_from(f"{order}H", data, at)[0] == _PHOTOMETRIC:
            return data[: at + 8] + struct.pack(f"{order}H", 1) + data[at + 10 :]
    return data


def _tags(data: bytes) -> ImageFileDirectory_v2:
    """The tags of the first picture of a TIFF."""
    file = io.BytesIO(data)
    head = file.read(16 if data[2:4] in (b"+\0", b"\0+") else 8)
    tags = ImageFileDirectory_v2(head)
    file.seek(tags.next)
    tags.load(file)
    return tags


def _grey_strips(image: Image.Image, hidden: Any) -> Iterator[Strip]:
    for _, part in parts(image):
        values = np.asarray(part).astype(np.uint16)  # from either byte order
        yield values, values == hidden if isinstance(hidden, int) else None


def _has_wide_colours(image: Image.Image, data: bytes) -> bool:
    """Whether Pillow cut 16 bits per channel to 8."""
    if image.format == "PNG":
        return data[24] == 16
    bits: tuple[int, ...] = getattr(image, "tag_v2", {}).get(_BITS, ())
    return image.format == "TIFF" and 16 in bits


def _grey_of_wide_colours(image: Image.Image, data: bytes) -> Image.Image:
    """Grey of 16 bits per channel. Pillow decodes the upper bytes; a second pass the lower ones."""
    if image.width * image.height > _MAX_WIDE_PIXELS:
        raise FilmError("bomb", f"{image.width} x {image.height} px of 16 bits in colour")
    if image.format == "PNG" and data[25] == 4:  # grey and alpha
        pairs = Image.open(io.BytesIO(_as_rgba(data)), formats=("PNG",))
        pairs.load()
        return grey_of_values(lambda: _grey_alpha_strips(pairs), pairs.size, white_is_zero=False)
    low = Image.open(io.BytesIO(data))
    low.tile = [tile._replace(args=_lower_bytes(tile.args)) for tile in low.tile]
    low.load()
    hidden = image.info.get("transparency")
    return grey_of_values(
        lambda: _colour_strips(image, low, hidden), image.size, white_is_zero=False
    )


def _lower_bytes(args: Any) -> Any:
    """Arguments of Pillow's decoder that read the other byte of each 16 bits."""
    raw = args if isinstance(args, str) else args[0]
    native = "L" if np.little_endian else "B"
    kind = native if raw.endswith("N") else raw[-1]
    other = raw[:-1] + {"B": "L", "L": "B"}[kind]
    return other if isinstance(args, str) else (other, *args[1:])


def _as_rgba(data: bytes) -> bytes:
    """A PNG of grey and alpha in 16 bits as RGBA in 8 bits: the same 4 bytes per pixel."""
    header = data[12:24] + b"\x08\x06" + data[26:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


def _grey_alpha_strips(pairs: Image.Image) -> Iterator[Strip]:
    for _, part in parts(pairs):
        values = np.asarray(part).view(">u2")
        yield _on_black(values[..., 0].astype(np.float32), values[..., 1])


def _colour_strips(high: Image.Image, low: Image.Image, hidden: Any) -> Iterator[Strip]:
    for (_, upper), (_, lower) in zip(parts(high), parts(low), strict=True):
        channels = np.asarray(upper).astype(np.uint16) << 8 | np.asarray(lower)
        colours = channels[..., :3]
        grey = colours.astype(np.float32) @ _LUMA
        if channels.shape[-1] == 4:
            yield _on_black(grey, channels[..., 3])
        else:
            keyed = (colours == np.array(hidden)).all(axis=-1) if hidden is not None else None
            yield np.rint(grey).astype(np.uint16), keyed


def _on_black(grey: Any, alpha: Levels) -> Strip:
    return np.rint(grey * (alpha / np.float32(65535))).astype(np.uint16), alpha == 0


def _scale_transparency(image: Image.Image, data: bytes) -> None:
    """Scale the transparent grey level of a PNG of 2 or 4 bits as Pillow scales its pixels."""
    hidden = image.info.get("transparency")
    if image.format == "PNG" and image.mode == "L" and isinstance(hidden, int):
        image.info["transparency"] = hidden * {2: 85, 4: 17}.get(data[24], 1)
