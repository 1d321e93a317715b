"""Arrays to pictures: small, crisp PNGs that hold nothing but pixels."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.image_store.store import Pixels

FILM_PX = 256  # longest side of a drawn film
MAP_PX = 64  # most pixels along a side of a feature map that are drawn; larger maps are averaged
CELL_PX = 128  # longest side of a drawn feature map
FILTER_PX = 48  # longest side of a drawn filter
GAP_PX = 3
N_COLOURS = 28  # steps of a colour map: so that 16 maps of mere noise stay below 60 kB
GAP = N_COLOURS  # palette entry of what lies between cells
GAP_GREY = (150, 150, 150)
BRIGHTEST_PERCENT = 99  # of a map's pixels lie below its brightest colour: borders are outliers
OVERLAY_COLOURS = 256
MAX_OPACITY = 0.65  # of the strongest evidence, so that the film stays visible below it

MAPS_COLOURS = "magma"
EVIDENCE_COLOURS = "inferno"
FILTER_COLOURS = "RdBu_r"  # red above zero, white at zero, blue below


def draw_film(film: Pixels) -> Image.Image:
    """The film as the network gets it: (H, W) uint8 in [0, 255], enlarged without smoothing."""
    return _fit(Image.fromarray(film), FILM_PX)


def draw_evidence(film: Pixels, evidence: NDArray[np.float32]) -> Image.Image:
    """The film in grey, coloured where the evidence is; no evidence leaves it grey.

    Args:
        film: (H, W) uint8 in [0, 255].
        evidence: (h, w) float32 in [0, 1]; stretched over the film by bilinear interpolation.
    """
    height, width = film.shape
    stretched = np.asarray(
        Image.fromarray(evidence).resize((width, height), Image.Resampling.BILINEAR)
    )
    colour = mpl.colormaps[EVIDENCE_COLOURS](stretched)[..., :3] * 255  # (H, W, 3)
    opacity = MAX_OPACITY * stretched[..., np.newaxis]
    mixed = (1 - opacity) * film[..., np.newaxis] + opacity * colour
    picture = _fit(Image.fromarray(mixed.round().astype(np.uint8)), FILM_PX)
    return picture.quantize(OVERLAY_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def draw_maps(maps: NDArray[np.float32]) -> Image.Image:
    """Feature maps of one film in a grid, row by row, each in its own range.

    Dark is 0 (or the lowest value, if that is negative). The brightest colour is the value that
    99 % of the channel's pixels do not exceed, so that a spike at the padded border does not
    darken the rest, or its maximum, if that value is 0. A channel of zeros is dark throughout.

    Args:
        maps: (n, h, w) float32.
    """
    cells = shrink(maps)
    low = np.minimum(cells.min(axis=(1, 2), keepdims=True), 0)
    high = np.percentile(cells, BRIGHTEST_PERCENT, axis=(1, 2), keepdims=True)
    high = np.where(high > low, high, cells.max(axis=(1, 2), keepdims=True))
    span = np.where(high > low, high - low, 1)
    picture = _draw_grid(np.clip((cells - low) / span, 0, 1), MAPS_COLOURS, CELL_PX)
    picture.info["transparency"] = GAP
    return picture


def shrink(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average blocks of planes (n, h, w) float32 until no side is longer than `MAP_PX`."""
    return np.stack([np.asarray(_reduce(Image.fromarray(plane), MAP_PX)) for plane in planes])


def draw_filters(planes: NDArray[np.float32]) -> Image.Image:
    """Filters in a grid, row by row, on one scale for all, white at zero, grey between them.

    Args:
        planes: (n, kh, kw) float32.
    """
    limit = np.abs(planes).max()
    share = (planes / limit + 1) / 2 if limit > 0 else np.full_like(planes, 0.5)
    return _draw_grid(share, FILTER_COLOURS, FILTER_PX)


def save_png(picture: Image.Image, path: Path) -> None:
    """Write a PNG without text, time or colour profile: the same pixels give the same bytes."""
    picture.save(path, format="PNG", compress_level=9)


def n_columns(n_cells: int) -> int:
    """Columns of a grid: at least as wide as high, without an unfinished row if it can be."""
    square = int(np.ceil(np.sqrt(n_cells)))
    even = (columns for columns in range(square, 2 * square + 1) if n_cells % columns == 0)
    return next(even, square)


def _draw_grid(share: NDArray[np.float32], colours: str, cell_px: int) -> Image.Image:
    """Cells (n, h, w) in [0, 1] -> a palette picture with gaps between and around them."""
    levels = (share * (N_COLOURS - 1)).round().astype(np.uint8)
    factor = max(1, cell_px // max(levels.shape[1:]))
    levels = levels.repeat(factor, axis=1).repeat(factor, axis=2)
    n_cells, height, width = levels.shape
    columns = n_columns(n_cells)
    rows = -(-n_cells // columns)
    step_y, step_x = height + GAP_PX, width + GAP_PX
    canvas = np.full((rows * step_y + GAP_PX, columns * step_x + GAP_PX), GAP, dtype=np.uint8)
    for number, cell in enumerate(levels):
        top, left = GAP_PX + number // columns * step_y, GAP_PX + number % columns * step_x
        canvas[top : top + height, left : left + width] = cell
    picture = Image.fromarray(canvas).convert("P")
    steps = mpl.colormaps[colours](np.linspace(0, 1, N_COLOURS))[:, :3]
    picture.putpalette([*(steps * 255).round().astype(int).ravel().tolist(), *GAP_GREY])
    return picture


def _fit(picture: Image.Image, side_px: int) -> Image.Image:
    """Enlarge by a whole factor up to `side_px`, or reduce to it."""
    factor = side_px // max(picture.size)
    if factor < 1:
        return _reduce(picture, side_px)
    size = (picture.width * factor, picture.height * factor)
    return picture.resize(size, Image.Resampling.NEAREST)


def _reduce(picture: Image.Image, side_px: int) -> Image.Image:
    """Average blocks of whole pixels until no side is longer than `side_px`."""
    return picture.reduce(-(-max(picture.size) // side_px))
