"""Draw arrays as small PNG files that contain pixels only."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.image_store.store import Pixels

FILM_PX = 256  # longest side of a drawn film
MAP_PX = 64  # longest side of a feature map before it is enlarged; larger maps are averaged
MAP_CELL_PX = 128  # longest side of a drawn feature map
FILTER_PX = 48  # longest side of a drawn filter
GRID_GAP_PX = 3
N_COLOURS = 28  # steps of a colour map: keeps a grid of 16 noisy maps below 60 kB
GAP_COLOUR = N_COLOURS  # palette entry of the gaps between cells
GAP_GREY = (150, 150, 150)
BRIGHTEST_PERCENTILE = 99  # of the pixels of a map: higher values are often border effects
OVERLAY_COLOURS = 256
MAX_OPACITY = 0.65  # of the hottest place: the film stays visible below it

_MAPS_COLOURS = "magma"
_HEAT_COLOURS = "inferno"
_FILTER_COLOURS = "RdBu_r"  # red above zero, white at zero, blue below


def draw_input(film: Pixels) -> Image.Image:
    """The film as the network gets it: (H, W) uint8 in [0, 255], enlarged without smoothing."""
    return _scale_to(Image.fromarray(film), FILM_PX)


def draw_heat_map(film: Pixels, heat_map: NDArray[np.float32]) -> Image.Image:
    """The film in grey with the heat map in colour. Where the heat map is 0 the film stays grey.

    Args:
        film: (H, W) uint8 in [0, 255].
        heat_map: (h, w) float32 in [0, 1]. It is enlarged by bilinear interpolation.
    """
    height, width = film.shape
    heat = np.asarray(Image.fromarray(heat_map).resize((width, height), Image.Resampling.BILINEAR))
    colour = mpl.colormaps[_HEAT_COLOURS](heat)[..., :3] * 255  # (H, W, 3)
    opacity = MAX_OPACITY * heat[..., np.newaxis]
    mixed = (1 - opacity) * film[..., np.newaxis] + opacity * colour
    picture = _scale_to(Image.fromarray(mixed.round().astype(np.uint8)), FILM_PX)
    return picture.quantize(OVERLAY_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def draw_feature_maps(maps: NDArray[np.float32]) -> Image.Image:
    """Feature maps of one film in a grid, row by row. Each map has its own colour range.

    The darkest colour is 0, or the lowest value if that is negative. The brightest colour is the
    99th percentile of the map, so that one border pixel does not darken the rest; if that is 0,
    it is the maximum. A map of zeros is dark everywhere.

    Args:
        maps: (n, h, w) float32.
    """
    cells = shrink_planes(maps)
    low = np.minimum(cells.min(axis=(1, 2), keepdims=True), 0)
    high = np.percentile(cells, BRIGHTEST_PERCENTILE, axis=(1, 2), keepdims=True)
    high = np.where(high > low, high, cells.max(axis=(1, 2), keepdims=True))
    span = np.where(high > low, high - low, 1)
    picture = _draw_grid(np.clip((cells - low) / span, 0, 1), _MAPS_COLOURS, MAP_CELL_PX)
    picture.info["transparency"] = GAP_COLOUR
    return picture


def shrink_planes(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average blocks of planes (n, h, w) float32 until no side is longer than `MAP_PX`."""
    return np.stack([np.asarray(_reduce(Image.fromarray(plane), MAP_PX)) for plane in planes])


def draw_filters(planes: NDArray[np.float32]) -> Image.Image:
    """Filters in a grid, row by row, on one scale for all: red above 0, white at 0, blue below.

    Args:
        planes: (n, kh, kw) float32.
    """
    limit = np.abs(planes).max()
    share = (planes / limit + 1) / 2 if limit > 0 else np.full_like(planes, 0.5)
    return _draw_grid(share, _FILTER_COLOURS, FILTER_PX)


def save_png(picture: Image.Image, path: Path) -> None:
    """Write a PNG without text, time or colour profile. Equal pixels give equal bytes."""
    picture.save(path, format="PNG", compress_level=9)


def grid_columns(n_cells: int) -> int:
    """Columns of a grid: at least as wide as high, and the last row full where possible."""
    square = int(np.ceil(np.sqrt(n_cells)))
    full = (columns for columns in range(square, 2 * square + 1) if n_cells % columns == 0)
    return next(full, square)


def _draw_grid(share: NDArray[np.float32], colours: str, cell_px: int) -> Image.Image:
    """Cells (n, h, w) in [0, 1] -> a palette picture with gaps between and around the cells."""
    levels = (share * (N_COLOURS - 1)).round().astype(np.uint8)
    factor = max(1, cell_px // max(levels.shape[1:]))
    levels = levels.repeat(factor, axis=1).repeat(factor, axis=2)
    n_cells, height, width = levels.shape
    columns = grid_columns(n_cells)
    rows = -(-n_cells // columns)
    step_y, step_x = height + GRID_GAP_PX, width + GRID_GAP_PX
    shape = (rows * step_y + GRID_GAP_PX, columns * step_x + GRID_GAP_PX)
    canvas = np.full(shape, GAP_COLOUR, dtype=np.uint8)
    for number, cell in enumerate(levels):
        top = GRID_GAP_PX + number // columns * step_y
        left = GRID_GAP_PX + number % columns * step_x
        canvas[top : top + height, left : left + width] = cell
    picture = Image.fromarray(canvas).convert("P")
    steps = mpl.colormaps[colours](np.linspace(0, 1, N_COLOURS))[:, :3]
    picture.putpalette([*(steps * 255).round().astype(int).ravel().tolist(), *GAP_GREY])
    return picture


def _scale_to(picture: Image.Image, side_px: int) -> Image.Image:
    """Enlarge by a whole factor up to `side_px`, or reduce to `side_px`."""
    factor = side_px // max(picture.size)
    if factor < 1:
        return _reduce(picture, side_px)
    size = (picture.width * factor, picture.height * factor)
    return picture.resize(size, Image.Resampling.NEAREST)


def _reduce(picture: Image.Image, side_px: int) -> Image.Image:
    """Average blocks of whole pixels until no side is longer than `side_px`."""
    return picture.reduce(-(-max(picture.size) // side_px))
