"""Open a file with Pillow: the size limits, and metadata that Pillow stumbles over."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from tasks.core.film.errors import MAX_PIXELS_RUNS, FilmError, check_picture_size, film_error
from tasks.core.film.file_values import open_picture
from tasks.core.film.jpeg_damage import check_stream
from tasks.core.film.jpeg_parts import END, START, read_jpeg
from tasks.core.film.png_chunks import MAGIC, check_number_of_chunks
from tasks.core.film.without_metadata import without_metadata

# A fixed list: Pillow knows more formats, and runs another program to read EPS
FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
_ORIENTATION = 0x0112  # EXIF tag
_BMP_RUNS = (1, 2)  # values of the header's field for run lengths of 8 and 4 bits
# Pillow logs some damage, without the file name, before it raises an exception
logging.getLogger("PIL").setLevel(logging.CRITICAL + 1)


def open_image(data: bytes) -> Image.Image:
    """Read the header of an image file; without the metadata, if Pillow stumbles over it.

    Raises:
        FilmError: As `open_film`.
    """
    data = _with_end(data)
    if data.startswith(MAGIC):
        check_number_of_chunks(data)
    try:
        image = _pillow_image(data)
    except FilmError as error:
        bare = without_metadata(data)
        if bare is None or error.reason == "bomb":
            raise
        image = _pillow_image(bare)
    is_runs = image.format == "BMP" and image.info.get("compression") in _BMP_RUNS
    limit = {"max_pixels": MAX_PIXELS_RUNS} if is_runs else {}
    check_picture_size(image.width, image.height, (image.mode, image.format or ""), **limit)
    return image


def _pillow_image(data: bytes) -> Image.Image:
    with as_film_error():
        try:
            return open_picture(data, FORMATS)
        except UnidentifiedImageError:  # its words hold an address in memory and no cause
            raise _cause(data) from None


def _cause(data: bytes) -> FilmError:
    """Why no decoder of FORMATS opens a file, in the words of the one whose magic bytes fit."""
    for form in FORMATS:
        factory, accept = Image.OPEN[form]
        if accept is not None and accept(data[:16]):
            try:
                with as_film_error():
                    factory(io.BytesIO(data), "")
            except FilmError as error:
                return error
    return FilmError("unreadable", f"no picture of the formats {', '.join(FORMATS)}")


def _with_end(data: bytes) -> bytes:
    """A JPEG with an end marker; other bytes as they are.

    A JPEG that lacks only this marker has all its pixels. One that lacks more stays without, so
    the decoder calls it truncated.
    """
    parts = read_jpeg(data) if data.startswith(START) else None
    if parts is None or parts.has_end:
        return data
    try:
        return data + END if check_stream(parts) else data
    except FilmError:
        return data


def load_image(
    image: Image.Image, data: bytes, at_least_px: int | None
) -> tuple[Image.Image, tuple[float, float] | None]:
    """Decode the pixels; without the metadata, if the decoder stumbles.

    Args:
        image: From `open_image`; it is decoded in place.
        data: Bytes of the same file.
        at_least_px: As for `decode_reduced`.

    Returns:
        image: the decoded picture, not turned.
        drafted: width and height of the film in px of the picture, if the decoder reduced it.

    Raises:
        FilmError: `truncated` or `unreadable`.
    """
    try:
        return image, _load(image, at_least_px)
    except FilmError:
        bare = without_metadata(data)
        if bare is None or data.startswith(START):  # its metadata was read before
            raise
        image = _pillow_image(bare)
        return image, _load(image, at_least_px)


def _load(image: Image.Image, at_least_px: int | None) -> tuple[float, float] | None:
    with as_film_error():
        target = (at_least_px, at_least_px) if at_least_px else image.size
        drafted = image.draft("L", target)  # a JPEG decoded to grey skips the colour planes
        image.load()
        return (drafted[1][2], drafted[1][3]) if drafted else None


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) if the metadata is damaged."""
    try:
        with as_film_error():
            orientation = image.getexif().get(_ORIENTATION, 1)
    except FilmError:
        return 1
    return orientation if orientation in range(1, 9) else 1


@contextmanager
def as_film_error() -> Iterator[None]:
    """Raise Pillow's exceptions as FilmErrors; silence its warnings on metadata and size.

    Any exception, because a decoder that meets damage can raise any. The blocks are as small as
    possible, and a sound film must pass them in a test: so no error of our own is hidden.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except Image.DecompressionBombError as error:
        raise FilmError("bomb", str(error)) from error
    except FilmError:
        raise
    except Exception as error:
        raise film_error(error) from error
