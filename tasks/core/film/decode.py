"""Decode one film file to grey pixels. All films go through this module.

The decoder applies no colour profile. Of the metadata it uses the orientation and what defines the
grey values (`file_attributes`, `dicom_attributes`). In Kaggle's set the colour profile and the
image mode reveal the label, so they must not change a pixel. If a file holds several pictures
(TIFF pages, animations, DICOM frames), the first one is decoded. Metadata that a decoder cannot
read is left out: it never costs a film.

Time and memory are limited by the header alone: pixels, the length of a side and the number of
scans. A clock could not stop a decoder, because it runs to its end before Python handles a signal.
"""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from tasks.core.film.errors import MAX_PIXELS_RUNS, FilmError, check_size, film_error
from tasks.core.film.file_attributes import values_in_words
from tasks.core.film.file_values import grey_of_picture, open_picture
from tasks.core.film.grey import bit_depth, colour_cells, eight_bits
from tasks.core.film.jpeg_damage import check_stream
from tasks.core.film.jpeg_parts import END, START, read_jpeg
from tasks.core.film.png_chunks import MAGIC, check_number_of_chunks
from tasks.core.film.without_metadata import without_metadata

# A fixed list: Pillow knows more formats, and runs another program to read EPS
FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
DICOM = "DICOM"
_COLOUR_CELL_PX = 8  # a JPEG decoder can reduce a picture by 8 at most
_ORIENTATION = 0x0112  # EXIF tag
_LEFT, _TOP, _RIGHT, _BOTTOM = range(4)
# For each orientation: where the stored right and bottom edges are in the upright picture
# (TIFF 6.0, section 8)
_EDGES = {
    1: (_RIGHT, _BOTTOM),
    2: (_LEFT, _BOTTOM),
    3: (_LEFT, _TOP),
    4: (_RIGHT, _TOP),
    5: (_BOTTOM, _RIGHT),
    6: (_BOTTOM, _LEFT),
    7: (_TOP, _LEFT),
    8: (_TOP, _RIGHT),
}

# For each orientation: what turns the stored picture upright
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BMP_RUNS = (1, 2)  # values of the header's field for run lengths of 8 and 4 bits

Box = tuple[float, float, float, float]  # left, top, right, bottom
# Pillow logs some damage, without the file name, before it raises an exception
logging.getLogger("PIL").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, eq=False)
class Film:
    """An image file whose header was read. The pixels are not decoded yet.

    data: bytes of the file.
    width, height: size of the first picture as stored, px; not yet turned upright.
    mode: Pillow's name of the pixel format; `I;16` for grey DICOM films of more than 8 bits.
    format: one of FORMATS, or DICOM.
    image: Pillow's image, which `decode_reduced` decodes in place; None for DICOM.
    """

    data: bytes
    width: int
    height: int
    mode: str
    format: str
    image: Image.Image | None


@dataclass(frozen=True, eq=False)
class ReducedFilm:
    """A film decoded at a reduced scale and turned upright.

    If the scale does not divide a side, the film fills the last pixel only in part. To resize,
    use `box` and not the whole image. Otherwise up to 7 px of the film shift the picture, which
    costs more accuracy than the reduced scale does.

    image: mode L; I;16 for a film of more than 8 bits, 0 (black) to 65,535.
    box: part of `image` that the film fills, px; for `Image.resize`.
    scale: px of `image` per px of the film: 1, 1/2, 1/4 or 1/8.
    """

    image: Image.Image
    box: Box
    scale: float


def open_film(data: bytes) -> Film:
    """Read the header of an image file. No pixel is decoded.

    Args:
        data: Bytes of the file. The format is detected from them.

    Raises:
        FilmError: `unreadable` if the format is not in FORMATS and not DICOM; `truncated` if the
            file ends inside the header; `bomb` if the picture is too large (`check_size`) or has
            too many scans.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> Image.new("RGB", (40, 30), "white").save(file, "PNG")
        >>> film = open_film(file.getvalue())
        >>> film.format, film.mode, decode_grey(film).mode
        ('PNG', 'RGB', 'L')
    """
    if is_dicom(data):
        from tasks.core.film import dicom

        width, height, mode = dicom.read_shape(data)
        check_size(width, height, (mode,))
        return Film(data, width, height, mode, DICOM, None)
    image = _open_image(data)
    # Pillow calls a JPEG with several pictures `MPO`
    form = "JPEG" if image.format in (None, "MPO") else image.format
    return Film(data, image.width, image.height, image.mode, form, image)


def is_dicom(data: bytes) -> bool:
    """Whether bytes are a DICOM file: they have DICM at byte 128 (PS3.10, 7.1)."""
    return data[128:132] == b"DICM"


def decode_grey(film: Film, at_least_px: int | None = None) -> Image.Image:
    """Decode a film to 8-bit grey and turn it upright.

    Returns `ReducedFilm.image` in 8 bits; arguments and errors are those of `decode_reduced`.
    """
    return eight_bits(decode_reduced(film, at_least_px).image)


def decode_reduced(film: Film, at_least_px: int | None) -> ReducedFilm:
    """Decode a film to grey and turn it upright. Call it once: it changes `film.image`.

    Transparent pixels become black. The image has mode L, or I;16 if the film holds more than
    8 bits: then the range of its values becomes 0 to 65,535, see `value_range.shown_range`. For
    DICOM see `tasks.core.film.dicom.decode`.

    Args:
        film: Film from `open_film`.
        at_least_px: For JPEG only: use the smallest scale of the decoder (1, 1/2, 1/4, 1/8) at
            which both sides have at least this many px. None is full size.

    Raises:
        FilmError: `truncated` if the data ends early; `unreadable` if it is damaged; `bit_depth`
            if a pixel has 1 bit (a mask) or more than 16 bits, because the file does not state
            the range of such values.
    """
    _check_bit_depth(film)
    if film.image is None:
        from tasks.core.film import dicom

        grey = dicom.decode(film.data)
        grey = grey.convert("L") if grey.mode == "RGB" else grey
        return ReducedFilm(grey, (0, 0, grey.width, grey.height), 1.0)
    image, drafted = _loaded(film, film.image, at_least_px)
    with _as_film_error():
        orientation = _orientation(image)
        turn = _TURNS.get(orientation)
        grey = grey_of_picture(image, film.data)
        grey = grey if turn is None else grey.transpose(turn)
    width, height = drafted or image.size
    excess = image.width - width, image.height - height
    edges = _EDGES.get(orientation, _EDGES[1])
    box = _box_within(grey, dict(zip(edges, excess, strict=True)))
    return ReducedFilm(grey, box, width / film.width if drafted else 1.0)


def colour_of(film: Film) -> float:
    """Measure how far a picture is from grey. Call it before `decode_grey`.

    The picture is put on black and averaged over cells of 8 x 8 px, which removes most of the
    compression noise. The result is the mean of the largest minus the smallest colour channel.

    Returns:
        Grey levels, 0 (grey) to 255.

    Raises:
        FilmError: As `decode_grey`.
    """
    if film.mode in ("1", "L", "LA", "La", "I", "F") or film.mode.startswith("I;"):
        return 0.0
    with _as_film_error():
        cells = np.asarray(_colour_cells(film), dtype=np.float64)
        return float((cells.max(axis=2) - cells.min(axis=2)).mean())


def patient_key(film: Film, salt: str) -> str | None:
    """Salted hash of the PatientID of a DICOM film (`hash_patient_id`); None for other formats."""
    if film.format != DICOM:
        return None
    from tasks.core.film import dicom

    return dicom.hash_patient_id(film.data, salt)


def _open_image(data: bytes) -> Image.Image:
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
    check_size(image.width, image.height, (image.mode, image.format or ""), **limit)
    return image


def _pillow_image(data: bytes) -> Image.Image:
    with _as_film_error():
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
                with _as_film_error():
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


def _loaded(
    film: Film, image: Image.Image, at_least_px: int | None
) -> tuple[Image.Image, tuple[float, float] | None]:
    """Decode the pixels; without the metadata, if the decoder stumbles.

    Returns:
        image: the decoded picture, not turned.
        drafted: width and height of the film in px of the picture, if the decoder reduced it.
    """
    try:
        return image, _load(image, at_least_px)
    except FilmError:
        bare = without_metadata(film.data)
        if bare is None or film.format == "JPEG":  # its metadata was read before
            raise
        image = _pillow_image(bare)
        return image, _load(image, at_least_px)


def _load(image: Image.Image, at_least_px: int | None) -> tuple[float, float] | None:
    with _as_film_error():
        target = (at_least_px, at_least_px) if at_least_px else image.size
        drafted = image.draft("L", target)  # a JPEG decoded to grey skips the colour planes
        image.load()
        return (drafted[1][2], drafted[1][3]) if drafted else None


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) if the metadata is damaged."""
    try:
        with _as_film_error():
            orientation = image.getexif().get(_ORIENTATION, 1)
    except FilmError:
        return 1
    return orientation if orientation in _EDGES else 1


def _check_bit_depth(film: Film) -> None:
    n_bits = bit_depth(film.mode)
    if n_bits not in (8, 16):
        words = values_in_words(film.image, film.mode)
        raise FilmError("bit_depth", f"{n_bits} bits per pixel ({words})")


@contextmanager
def _as_film_error() -> Iterator[None]:
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


def _colour_cells(film: Film) -> Image.Image:
    """A colour film in which each 8 x 8 px are averaged to one."""
    if film.image is None:
        from tasks.core.film import dicom

        return colour_cells(dicom.decode(film.data))
    if film.format == "JPEG":  # a second image: `decode_reduced` switches `film.image` to grey
        image = _open_image(film.data)
        cells = (max(1, film.width // _COLOUR_CELL_PX), max(1, film.height // _COLOUR_CELL_PX))
        image.draft("RGB", cells)
        image.load()
        return image.convert("RGB")
    image, _ = _loaded(film, film.image, None)
    return colour_cells(image)


def _box_within(image: Image.Image, excess: dict[int, float]) -> Box:
    """The box of an image without the given px at each edge."""
    left, top = excess.get(_LEFT, 0.0), excess.get(_TOP, 0.0)
    return left, top, image.width - excess.get(_RIGHT, 0.0), image.height - excess.get(_BOTTOM, 0.0)
