"""Decode a film in full and refuse damage that a decoder would pass over.

`ingest` decodes every file so, once. Later stages read only files whose hash has not changed.

What cannot be known: a raw TIFF, BMP or DICOM has no checksum, and neither has a WebP or a JPEG
inside a TIFF. There only missing bytes are found, by the size that the header states, and in a
lossless WebP a run of zeros. Zeros in a raw picture are black pixels, and a flat lossy WebP has
long runs of them, too.
"""

import numpy as np
from PIL import Image

from tasks.core.film.decode import Film, decode_grey
from tasks.core.film.errors import FilmError
from tasks.core.film.jpeg_damage import check_steps, check_stream
from tasks.core.film.jpeg_parts import read_jpeg
from tasks.core.film.png_chunks import check_checksums

_ZEROS = bytes(64)  # no compressor leaves so many: lossless WebPs have at most 3, also flat ones
_BLOCK_PX = 8  # side of a block of a JPEG, ITU-T T.81, A.1


def decode_strictly(film: Film) -> Image.Image:
    """Decode a film to 8-bit grey, turned upright, in full size. Call it once.

    Returns:
        As `decode_grey`.

    Raises:
        FilmError: As `decode_grey`; also `truncated` or `unreadable` for a JPEG whose compressed
            pixels are damaged, a PNG with a wrong checksum and a lossless WebP with zeros inside.

    Example:
        >>> import io
        >>> from tasks.core.film.decode import open_film
        >>> file = io.BytesIO()
        >>> Image.new("L", (40, 30), 90).save(file, "JPEG")
        >>> decode_strictly(open_film(file.getvalue())).size
        (40, 30)
    """
    if film.format == "PNG":
        check_checksums(film.data)
    if film.format == "WEBP":
        _check_lossless_webp(film.data)
    parts = read_jpeg(film.data) if film.format == "JPEG" else None
    if parts is not None:
        check_stream(parts)
    grey = decode_grey(film)
    if parts is not None and film.image is not None:
        stored = film.image if film.image.mode == "L" else film.image.convert("L")
        check_steps(np.asarray(stored), _block(film.image))
    return grey


def _check_lossless_webp(data: bytes) -> None:
    begin = data.find(b"VP8L")
    end = begin + 8 + int.from_bytes(data[begin + 4 : begin + 8], "little")
    if begin >= 0 and data.find(_ZEROS, begin, end) >= 0:
        raise FilmError("unreadable", "damaged WebP: zeros instead of compressed pixels")


def _block(image: Image.Image) -> tuple[int, int]:
    """Width and height of the blocks that follow each other in the file, px."""
    layers: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
    if len(layers) < 2:
        return _BLOCK_PX, _BLOCK_PX
    return _BLOCK_PX * layers[0][1], _BLOCK_PX * layers[0][2]
