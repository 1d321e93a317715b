"""Pictures of a screened film: thumbnail, larger film, and heat that lies over it."""

import io
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.film_jpeg import film_jpeg
from tasks.core.film.film_place import SquarePlace, values_on_film
from tasks.core.film.square import DecodedFilm, PixelBox, decode_film
from tasks.core.film.square_place import place_in_square
from tasks.core.params import ResizeParams

_SMALL_PX, _LARGE_PX = 96, 512  # shorter side of the thumbnail and of the film
_LONGEST = 3  # longer side in units of these; only strips that are no films are longer
_HEAT_PX = 192  # longest side of the picture of the heat; the browser enlarges it smoothly
_FULL = 127  # step of the fullest colour; 0 is no heat
# Colours of Okabe and Ito, https://jfly.uni-koeln.de/color/: orange for the class, blue against
_FOR, _AGAINST = (213, 94, 0), (0, 114, 178)


@dataclass(frozen=True)
class DrawnFilm:
    """A film for the reader's eye, without metadata.

    thumbnail, film: bytes of grey JPEG files; shorter sides of at most 96 and 512 px.
    size: width and height of `film`, px. place: of the film in its square.
    """

    thumbnail: bytes
    film: bytes
    size: tuple[int, int]
    place: SquarePlace


def draw_film(data: bytes, region: PixelBox | None, params: ResizeParams) -> DrawnFilm:
    """Draw a film in its own aspect ratio; a small film is not enlarged.

    Args:
        data: Bytes of an image file.
        region: Region that the square shows, `Square.box`, px of the whole film; None for all.
        params: Section `resize` of the network.

    Raises:
        FilmError: The bytes are not a complete image file.
    """
    decoded = decode_film(data, _LARGE_PX)
    film, size = film_jpeg(decoded, _shorter_px(decoded, _LARGE_PX))
    thumbnail, _ = film_jpeg(decoded, _shorter_px(decoded, _SMALL_PX))
    whole = (0, 0, decoded.width, decoded.height)
    place = place_in_square(region or whole, decoded.width, decoded.height, params)
    return DrawnFilm(thumbnail, film, size, place)


def draw_heat(heat: NDArray[np.float32], limit: float, drawn: DrawnFilm) -> bytes:
    """Draw heat as a transparent PNG of the whole film, to be laid over it at any size.

    Orange speaks for the class and blue against it; the opacity grows with the heat, from 0 to 1
    at the limit. What the square does not show stays clear.

    Args:
        heat: (h, w) float32 in the frame of the square, of any resolution, logits.
        limit: Heat of the fullest colour; 0 draws none.
        drawn: The film.
    """
    scale = min(1.0, _HEAT_PX / max(drawn.size))
    size = (max(1, round(drawn.size[0] * scale)), max(1, round(drawn.size[1] * scale)))
    known = np.nan_to_num(heat.astype(np.float32), posinf=limit, neginf=-limit)
    shown = values_on_film(known, drawn.place, size, Image.Resampling.BILINEAR)
    share = np.clip(shown / limit, -1, 1) if limit > 0 else np.zeros_like(shown)
    return _as_png(np.rint(share * _FULL).astype(np.int16) + _FULL)


def heat_limit(heats: Iterable[NDArray[np.float32]]) -> float:
    """The largest absolute heat of several maps: one scale for all of them; 0.0 without heat.

    Example:
        >>> heat_limit([np.array([[1.0, -2.5]]), np.array([[np.nan]])])
        2.5
    """
    finite = (np.abs(heat[np.isfinite(heat)]) for heat in heats)
    return max((float(values.max(initial=0.0)) for values in finite), default=0.0)


def _shorter_px(decoded: DecodedFilm, most_px: int) -> int:
    """Shorter side of a picture, so that the longer one stays within bounds, too."""
    shorter, longer = sorted((decoded.width, decoded.height))
    return max(1, min(most_px, _LONGEST * most_px * shorter // longer))


def _as_png(steps: NDArray[np.int16]) -> bytes:
    """Steps (H, W) from 0 to 2 * _FULL -> bytes of a PNG with a palette and an opacity for each."""
    picture = Image.fromarray(steps.astype(np.uint8)).convert("P")
    picture.putpalette(bytes(_AGAINST) * _FULL + bytes(_FOR) * (_FULL + 1))
    opacity = bytes(round(255 * abs(step - _FULL) / _FULL) for step in range(2 * _FULL + 1))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=opacity, optimize=True)
    return buffer.getvalue()
