"""Draw heat and superpixels on large films, where the square has them."""

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from tasks.core.film.film_place import values_on_film
from tasks.explain.films.film_list import ShownFilm

OVERLAY_PX = 384  # longest side of a drawn film
# Colours of Okabe and Ito, https://jfly.uni-koeln.de/color/, which colour-blind readers tell apart
FOR_COLOUR, AGAINST_COLOUR = "#d55e00", "#0072b2"
MOST_OPAQUE = 0.75  # of the hottest place: the film stays visible below it
N_OVERLAY_COLOURS = 64  # keeps a picture near 40 kB
N_OUTLINED = 8  # drawn: the strongest ones, for and against
FOR_LINE, AGAINST_LINE = "#1fbf4a", "#e8413a"
_LINE_PX = 2
_DASH_PX = 5
_N_GREYS = 40  # keeps a picture near 30 kB


def draw_overlay(film: ShownFilm, heat: NDArray[np.floating], limit: float) -> Image.Image:
    """A film in grey, with orange where heat is positive and blue where it is negative.

    Args:
        film: From `read_shown_films`.
        heat: (h, w) in the frame of the square, of any resolution; enlarged bilinearly.
        limit: Heat of the fullest colour; 0 draws none.
    """
    shown = on_film(film, heat.astype(np.float32), Image.Resampling.BILINEAR)
    share = np.clip(shown / limit, -1, 1) if limit > 0 else np.zeros_like(shown)
    colours = np.array(
        [mpl.colors.to_rgb(name) for name in (AGAINST_COLOUR, FOR_COLOUR)], dtype=np.float32
    )
    colours *= 255
    opacity = MOST_OPAQUE * np.abs(share)[..., np.newaxis]
    grey = np.asarray(film.picture, dtype=np.float32)[..., np.newaxis]
    mixed = (1 - opacity) * grey + opacity * colours[(share > 0).astype(int)]
    picture = Image.fromarray(mixed.round().astype(np.uint8))
    return picture.quantize(N_OVERLAY_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def draw_superpixels(
    film: ShownFilm, segments: NDArray[np.uint16], heat: NDArray[np.floating]
) -> Image.Image:
    """A film with the borders of its strongest superpixels.

    A solid green line surrounds what speaks for the class, a dashed red line what speaks against.

    Args:
        film: From `read_shown_films`.
        segments: (H, W) number of the superpixel of each pixel of the square.
        heat: (H, W) weight of the superpixel at each pixel.
    """
    weights = {int(one): float(heat[segments == one].mean()) for one in np.unique(segments)}
    strongest = sorted(weights, key=lambda one: (-abs(weights[one]), one))[:N_OUTLINED]
    numbers = on_film(film, segments.astype(np.int32) + 1, Image.Resampling.NEAREST)
    levels = np.asarray(film.picture, dtype=np.uint16) * (_N_GREYS - 1) // 255
    rows, columns = np.indices(levels.shape)
    dashes = (rows + columns) // _DASH_PX % 2 == 0
    for one in strongest:
        inside = numbers == one + 1
        line = inside & ~ndimage.binary_erosion(inside, iterations=_LINE_PX)
        if weights[one] > 0:
            levels[line] = _N_GREYS
        elif weights[one] < 0:
            levels[line & dashes] = _N_GREYS + 1
    return _with_palette(levels.astype(np.uint8))


def on_film(
    film: ShownFilm, square: NDArray[np.float32] | NDArray[np.int32], how: Image.Resampling
) -> NDArray[np.float32] | NDArray[np.int32]:
    """Bring values of the square to the pixels of the film; 0 where the square does not show it.

    Args:
        film: From `read_shown_films`.
        square: (h, w) values in the frame of the square, of any resolution.
        how: NEAREST or BILINEAR.

    Returns:
        (height, width) of the film's picture, in the type of `square`.
    """
    return values_on_film(square, film.place, film.picture.size, how)


def _with_palette(levels: NDArray[np.uint8]) -> Image.Image:
    """Grey levels and the two lines -> a palette picture."""
    picture = Image.fromarray(levels).convert("P")
    greys = np.linspace(0, 255, _N_GREYS).round().astype(np.uint8).repeat(3).tobytes()
    lines = b"".join(bytes.fromhex(colour[1:]) for colour in (FOR_LINE, AGAINST_LINE))
    picture.putpalette(greys + lines)
    return picture
