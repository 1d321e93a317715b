"""Draw the capture: the film, the heat over it, and the words burned into the pixels."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tasks.core.film.film_place import values_on_film
from tasks.core.film.square import DecodedFilm, PixelBox, decode_film
from tasks.core.film.square_place import place_in_square
from tasks.core.params import ResizeParams

CAPTURE_PX = 1024  # longer side of the film in the capture
_NARROWEST_PX = 512  # the words need it; a narrower film gets black margins
_TITLE_PX, _TEXT_PX, _MARGIN_PX = 28, 20, 12
_OPAQUE = 0.6  # of the hottest place: the film stays visible below it
# Colours of Okabe and Ito, https://jfly.uni-koeln.de/color/: orange for the class, blue against
_FOR, _AGAINST = (213, 94, 0), (0, 114, 178)
_WHITE, _BAND = (255, 255, 255), (0, 0, 0)

Rgb = NDArray[np.uint8]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, eq=False)
class ClassHeat:
    """What speaks for a class in a film.

    class_name: the class. heat: (h, w) float32 in the frame of the square; positive speaks for it.
    box: region of the film that the square shows, px of the whole film.
    """

    class_name: str
    heat: NDArray[np.float32]
    box: PixelBox


@dataclass(frozen=True, eq=False)
class Capture:
    """A drawn film.

    pixels: (H, W, 3) uint8 RGB. film_px: width and height of the film as it was received.
    """

    pixels: Rgb
    film_px: tuple[int, int]


def draw_capture(
    data: bytes, shown: ClassHeat, params: ResizeParams, title: str, words: Sequence[str]
) -> Capture:
    """Draw a film with heat, a title above it and words below it.

    Args:
        data: Bytes of the film.
        shown: Heat of one class.
        params: Section `resize` of the network.
        title: Burned in above the film.
        words: Burned in below the film, a paragraph each.

    Raises:
        FilmError: The bytes are not a complete image file.
    """
    decoded = decode_film(data, CAPTURE_PX)
    film = _coloured(decoded, shown, params)
    width = max(film.width, _NARROWEST_PX)
    above = _band(width, _TITLE_PX, [title])
    below = _band(width, _TEXT_PX, [*words, _legend(shown)])
    sheet = Image.new("RGB", (width, above.height + film.height + below.height), _BAND)
    sheet.paste(above, (0, 0))
    sheet.paste(film, ((width - film.width) // 2, above.height))
    sheet.paste(below, (0, above.height + film.height))
    return Capture(np.asarray(sheet), (decoded.width, decoded.height))


def _legend(shown: ClassHeat) -> str:
    if not np.any(np.nan_to_num(shown.heat)):
        return f"The map for {shown.class_name} shows no heat."
    return (
        f"Orange: what raised the score of {shown.class_name}; blue: what lowered it. The map shows"
        " where the network looked. It does not outline disease."
    )


def _coloured(decoded: DecodedFilm, shown: ClassHeat, params: ResizeParams) -> Image.Image:
    scale = CAPTURE_PX / max(decoded.width, decoded.height)
    size = (max(1, round(decoded.width * scale)), max(1, round(decoded.height * scale)))
    grey = decoded.grey.resize(size, Image.Resampling.LANCZOS, box=decoded.whole())
    place = place_in_square(shown.box, decoded.width, decoded.height, params)
    heat = np.nan_to_num(shown.heat.astype(np.float32), posinf=0, neginf=0)
    limit = float(np.abs(heat).max(initial=0.0)) or 1.0
    share = np.clip(values_on_film(heat, place, size, Image.Resampling.BILINEAR) / limit, -1, 1)
    opacity = _OPAQUE * np.abs(share)[..., np.newaxis]
    colours = np.array([_AGAINST, _FOR], dtype=np.float32)[(share > 0).astype(int)]
    mixed = (1 - opacity) * np.asarray(grey, dtype=np.float32)[..., np.newaxis] + opacity * colours
    return Image.fromarray(np.rint(mixed).astype(np.uint8))


def _band(width: int, size_px: int, words: Sequence[str]) -> Image.Image:
    """Words in white on black, broken to the width."""
    font = ImageFont.load_default(size_px)
    room = width - 2 * _MARGIN_PX
    lines = [line for text in words for line in _broken(text, room, font)]
    step = round(1.35 * size_px)
    band = Image.new("RGB", (width, 2 * _MARGIN_PX + step * len(lines)), _BAND)
    pen = ImageDraw.Draw(band)
    for number, line in enumerate(lines):
        pen.text((_MARGIN_PX, _MARGIN_PX + step * number), line, _WHITE, font)
    return band


def _broken(text: str, room: float, font: Font) -> list[str]:
    """A text in lines that fit, by the mean width of its letters and a little to spare."""
    letter = max(1.0, font.getlength(text) / max(1, len(text)))
    return textwrap.wrap(text, max(1, int(0.93 * room / letter)))
