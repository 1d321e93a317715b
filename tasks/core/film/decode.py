"""Decode one film file to grey pixels. All films go through this module.

The decoder applies no colour profile. Of the metadata it uses the orientation and what defines the
grey values (`file_attributes`, `dicom_attributes`). In Kaggle's set the colour profile and the
image mode reveal the label, so they must not change a pixel. If a file holds several pictures
(TIFF pages, animations, DICOM frames), the first one is decoded. Metadata that a decoder cannot
read is left out: it never costs a film.

Time and memory are limited by the header alone: pixels, the length of a side and the number of
scans. A clock could not stop a decoder, because it runs to its end before Python handles a signal.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from tasks.core.film.errors import FilmError, check_picture_size
from tasks.core.film.file_attributes import values_in_words
from tasks.core.film.file_values import grey_of_picture
from tasks.core.film.grey import bit_depth, colour_cells, eight_bits
from tasks.core.film.pillow_image import as_film_error, load_image, open_image, orientation_of

DICOM = "DICOM"
_COLOUR_CELL_PX = 8  # a JPEG decoder can reduce a picture by 8 at most
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

Box = tuple[float, float, float, float]  # left, top, right, bottom


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
            file ends inside the header; `bomb` if the picture is too large
            (`check_picture_size`) or has too many scans.

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
        check_picture_size(width, height, (mode,))
        return Film(data, width, height, mode, DICOM, None)
    image = open_image(data)
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
    image, drafted = load_image(film.image, film.data, at_least_px)
    with as_film_error():
        orientation = orientation_of(image)
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
    with as_film_error():
        cells = np.asarray(_colour_cells(film), dtype=np.float64)
        return float((cells.max(axis=2) - cells.min(axis=2)).mean())


def patient_key(film: Film, salt: str) -> str | None:
    """Salted hash of the PatientID of a DICOM film (`hash_patient_id`); None for other formats."""
    if film.format != DICOM:
        return None
    from tasks.core.film import dicom

    return dicom.hash_patient_id(film.data, salt)


def _check_bit_depth(film: Film) -> None:
    n_bits = bit_depth(film.mode)
    if n_bits not in (8, 16):
        words = values_in_words(film.image, film.mode)
        raise FilmError("bit_depth", f"{n_bits} bits per pixel ({words})")


def _colour_cells(film: Film) -> Image.Image:
    """A colour film in which each 8 x 8 px are averaged to one."""
    if film.image is None:
        from tasks.core.film import dicom

        return colour_cells(dicom.decode(film.data))
    if film.format == "JPEG":  # a second image: `decode_reduced` switches `film.image` to grey
        image = open_image(film.data)
        cells = (max(1, film.width // _COLOUR_CELL_PX), max(1, film.height // _COLOUR_CELL_PX))
        image.draft("RGB", cells)
        image.load()
        return image.convert("RGB")
    image, _ = load_image(film.image, film.data, None)
    return colour_cells(image)


def _box_within(image: Image.Image, excess: dict[int, float]) -> Box:
    """The box of an image without the given px at each edge."""
    left, top = excess.get(_LEFT, 0.0), excess.get(_TOP, 0.0)
    return left, top, image.width - excess.get(_RIGHT, 0.0), image.height - excess.get(_BOTTOM, 0.0)
