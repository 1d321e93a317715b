"""One film: from the bytes of a file to 8-bit grey pixels. The only decoder in the project.

No colour profile is applied and no metadata but the orientation (of DICOM: what the standard
says belongs to the grey values) is read: on the Kaggle set profile and mode give the label away.
Of files with several pictures (TIFF pages, animations, DICOM frames) the first one counts.
"""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from tasks.core.film.errors import DAMAGE, MAX_PIXELS, FilmError, film_error

# Whatever the suffix says; Pillow knows more formats, and hands one (EPS) to another program
FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
DICOM = "DICOM"
_COLOUR_CELL_PX = 8  # the coarsest scale a JPEG decoder has
_ORIENTATION = 0x0112  # EXIF
_LEFT, _TOP, _RIGHT, _BOTTOM = range(4)
# Where the stored right and bottom edge of a picture lie once it is upright (TIFF 6.0, section 8)
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

Box = tuple[float, float, float, float]  # left, top, right, bottom; px
# Pillow logs some damage without the file's name before it raises it
logging.getLogger("PIL").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, eq=False)
class Film:
    """The header of an image file, as stored: not yet turned upright, not yet grey.

    width, height: px, of the first picture.
    mode: Pillow's name; DICOM's grey films of more than 8 bits are `I;16`.
    format: One of FORMATS, or DICOM.
    image: Pillow's image, decoded in place by `decode_reduced`; None for DICOM.
    """

    data: bytes
    width: int
    height: int
    mode: str
    format: str
    image: Image.Image | None


@dataclass(frozen=True, eq=False)
class ReducedFilm:
    """A film decoded at reduced scale, upright.

    A side that the scale does not divide ends in a pixel that the film fills in part only. Scale
    `box` to the new size, not the whole image: up to 7 px of the film would misplace the rest,
    which costs more accuracy than the reduced scale does.

    image: Of mode L.
    box: The part of `image` that the film fills, for `Image.resize`.
    scale: px of `image` per px of the film: 1, 1/2, 1/4 or 1/8.
    """

    image: Image.Image
    box: Box
    scale: float


def open_film(data: bytes) -> Film:
    """Read the header of an image file; no pixel is decoded.

    Raises:
        FilmError: `unreadable` when they are of none of FORMATS and no DICOM file; `truncated`
            when they end within the header; `bomb` when it promises more than MAX_PIXELS.
    """
    if is_dicom(data):
        from tasks.core.film import dicom

        width, height, mode = dicom.read_shape(data)
        return Film(data, width, height, mode, DICOM, None)
    image = _open_image(data)
    # a JPEG that brings more pictures behind the first one is `MPO` to Pillow
    form = "JPEG" if image.format in (None, "MPO") else image.format
    return Film(data, image.width, image.height, image.mode, form, image)


def is_dicom(data: bytes) -> bool:
    """Whether bytes are a DICOM file, whatever its suffix: DICM at byte 128 (PS3.10, 7.1)."""
    return data[128:132] == b"DICM"


def decode_grey(film: Film, at_least_px: int | None = None) -> Image.Image:
    """Decode a film to 8-bit grey, upright: the image of `decode_reduced` alone."""
    return decode_reduced(film, at_least_px).image


def decode_reduced(film: Film, at_least_px: int | None) -> ReducedFilm:
    """Decode a film to 8-bit grey, upright. Do it once: Pillow's image is changed by it.

    Transparency shows black. 16 bits are scaled by their full range, never by content; DICOM
    films by their own window (see `tasks.core.film.dicom.decode`).

    Args:
        film: From `open_film`.
        at_least_px: JPEG only: decode at the smallest of the decoder's scales (1, 1/2, 1/4, 1/8)
            that keeps both sides at least this long. Full size when None.

    Raises:
        FilmError: `truncated` when the data ends early, `unreadable` when it is damaged,
            `bit_depth` when a pixel has 1 bit (a mask) or more than 16: such values have no
            range that the file states.
    """
    _check_bit_depth(film.mode)
    if film.image is None:
        from tasks.core.film import dicom

        grey = dicom.decode(film.data).convert("L")
        return ReducedFilm(grey, (0, 0, grey.width, grey.height), 1.0)
    image = film.image
    with _as_film_error():
        target = (at_least_px, at_least_px) if at_least_px else image.size
        drafted = image.draft("L", target)  # a grey JPEG decode skips the colour planes
        image.load()
        width, height = drafted[1][2:] if drafted else image.size
        rim = image.width - width, image.height - height
        turned = image.getexif().get(_ORIENTATION, 1)
        upright = image if turned == 1 else ImageOps.exif_transpose(image)
        grey = _to_8_bit_grey(upright)
    edges = _EDGES.get(turned, _EDGES[1])
    box = _box_within(grey, dict(zip(edges, rim, strict=True)))
    return ReducedFilm(grey, box, width / film.width if drafted else 1.0)


def colour_of(film: Film) -> float:
    """How far a picture is from grey. Call it before `decode_grey`.

    The mean over cells of 8 x 8 px (averaged, so that the noise of compression counts little) of
    the largest channel minus the smallest one, after composition on black.

    Returns:
        Grey levels, 0 (grey, or stored as grey) to 255.

    Raises:
        FilmError: As `decode_grey`.
    """
    if film.mode in ("1", "L", "LA", "I", "F") or film.mode.startswith("I;"):
        return 0.0
    with _as_film_error():
        cells = np.asarray(_cells(film), dtype=np.float64)
        return float((cells.max(axis=2) - cells.min(axis=2)).mean())


def patient_key(film: Film, salt: str) -> str | None:
    """Salted hash of a DICOM file's patient number, else None; see `tasks.core.film.dicom`."""
    if film.format != DICOM:
        return None
    from tasks.core.film import dicom

    return dicom.patient_key(film.data, salt)


def bit_depth(mode: str) -> int:
    """Bits per channel of one of Pillow's modes."""
    if mode == "1":
        return 1
    if ";16" in mode:
        return 16
    return 32 if mode in ("I", "F") else 8


def _open_image(data: bytes) -> Image.Image:
    with _as_film_error():
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise FilmError("bomb", f"{image.width} x {image.height} px")
    return image


def _check_bit_depth(mode: str) -> None:
    if bit_depth(mode) not in (8, 16):
        raise FilmError("bit_depth", f"{bit_depth(mode)} bits per pixel (mode {mode})")


@contextmanager
def _as_film_error() -> Iterator[None]:
    """Turn what Pillow raises into a FilmError, and silence its warnings.

    Those are about odd metadata, of which none is used, and about sizes below MAX_PIXELS.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except Image.DecompressionBombError as error:
        raise FilmError("bomb", str(error)) from error
    except DAMAGE as error:
        raise film_error(error) from error


def _cells(film: Film) -> Image.Image:
    """A colour film, each 8 x 8 px averaged to one."""
    if film.image is None:
        from tasks.core.film import dicom

        return dicom.decode(film.data).convert("RGB").reduce(_COLOUR_CELL_PX)
    if film.format == "JPEG":  # an image of its own: `decode_grey` draws the other one as grey
        image = _open_image(film.data)
        cells = (max(1, film.width // _COLOUR_CELL_PX), max(1, film.height // _COLOUR_CELL_PX))
        image.draft("RGB", cells)
        image.load()
        return _on_black(image).convert("RGB")
    film.image.load()
    return _on_black(film.image).convert("RGB").reduce(_COLOUR_CELL_PX)


def _box_within(image: Image.Image, rims: dict[int, float]) -> Box:
    """An image less a rim of so many px at each side named."""
    left, top = rims.get(_LEFT, 0.0), rims.get(_TOP, 0.0)
    return left, top, image.width - rims.get(_RIGHT, 0.0), image.height - rims.get(_BOTTOM, 0.0)


def _to_8_bit_grey(image: Image.Image) -> Image.Image:
    if bit_depth(image.mode) == 16:
        # full scale of 16 bits onto full scale of 8: no film is stretched by its own content
        values = np.asarray(image, dtype=np.float64) / 257.0
        return Image.fromarray(np.rint(values).astype(np.uint8))
    image = _on_black(image)
    return image if image.mode == "L" else image.convert("L")


def _on_black(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
