"""Draw the maps of a layer as one numbered sheet, and filters as a grid, in palette PNG files."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAP_PX = 64  # longest side of a map on a sheet; larger maps are averaged
MIN_CELL_PX = 32  # smaller maps are enlarged: four digits fit above them
FILTER_PX = 48  # longest side of a drawn filter
GAP_PX = 3
STRIP_PX = 14  # strip with the number, above each map
COLOUR_STEPS = 28  # steps of a colour scale: keeps sheets small
LIMIT_PERCENTILE = 99.9  # of the sizes of the values of a layer: a border pixel must not darken it
SILENT = COLOUR_STEPS + 2  # palette entry

_MAPS_COLOURS = "magma"
_SIGNED_COLOURS = "RdBu_r"  # red above zero, white at zero, blue below
_GAP, _INK, _STROKE = COLOUR_STEPS, COLOUR_STEPS + 1, COLOUR_STEPS + 3
_EXTRA_COLOURS = ((232, 232, 232), (20, 20, 20), (250, 250, 250), (120, 120, 120))
_DIGIT_ROWS = {  # five rows of three pixels each, as octal digits
    "0": "75557",
    "1": "26227",
    "2": "71747",
    "3": "71717",
    "4": "55711",
    "5": "74717",
    "6": "74757",
    "7": "71222",
    "8": "75757",
    "9": "75717",
}


@dataclass(frozen=True)
class ColourScale:
    """The one colour scale of a layer, for all of its channels and for all films.

    limit: activation of the brightest colour; of signed maps, of the deepest red.
        0 if every map is zero.
    is_signed: whether a map has values below zero: red above zero, white at zero, blue below.
        Else the darkest colour is zero. Colours follow the square root, so that weak ones show.
    """

    limit: float
    is_signed: bool

    def shares(self, maps: NDArray[np.float32]) -> NDArray[np.float64]:
        """Place of each value on the scale, in [0, 1]."""
        size = np.sqrt(np.minimum(np.abs(maps, dtype=np.float64) / (self.limit or 1.0), 1))
        return (np.sign(maps) * size + 1) / 2 if self.is_signed else size

    @property
    def colours(self) -> str:
        """Name of the colour map in matplotlib."""
        return _SIGNED_COLOURS if self.is_signed else _MAPS_COLOURS


@dataclass(frozen=True)
class SheetForm:
    """Where the map of each channel lies on a sheet: channel n in row n // columns.

    cell_px: width and height of a map. The number stands in a strip of `label_px` above it.
    """

    columns: int
    cell_px: tuple[int, int]
    label_px: int
    gap_px: int


def colour_scale(maps: NDArray[np.float32]) -> ColourScale:
    """The scale of a layer on one film: maps (h, w, n)."""
    sizes = np.abs(maps)
    limit = float(np.percentile(sizes, LIMIT_PERCENTILE)) or float(sizes.max())
    return ColourScale(limit, bool((maps < 0).any()))


def join_scales(scales: Sequence[ColourScale]) -> ColourScale:
    """The scale of a layer on several films, from the scale on each of them."""
    limit = max(scale.limit for scale in scales)
    return ColourScale(limit, any(scale.is_signed for scale in scales))


def draw_channels(maps: NDArray[np.float32], scale: ColourScale) -> tuple[Image.Image, SheetForm]:
    """Draw every channel of a layer on one film, numbered from 0, row by row.

    A channel that is exactly zero everywhere is silent: a pale cell with a line across. A dark
    cell is not silent: it responds weakly.

    Args:
        maps: (h, w, n) float32.
        scale: From `colour_scale`, of this layer.
    """
    planes = np.moveaxis(maps, -1, 0)
    levels = (scale.shares(shrink_planes(planes)) * (COLOUR_STEPS - 1)).round().astype(np.uint8)
    factor = -(-MIN_CELL_PX // max(levels.shape[1:])) if max(levels.shape[1:]) < MIN_CELL_PX else 1
    levels = levels.repeat(factor, axis=1).repeat(factor, axis=2)
    levels[~planes.any(axis=(1, 2))] = _silent_cell(*levels.shape[1:])
    height, width = levels.shape[1:]
    form = SheetForm(grid_columns(len(levels)), (width, height), STRIP_PX, GAP_PX)
    return _colour(_numbered_grid(levels, form), scale.colours), form


def draw_scale(scale: ColourScale, height_px: int = 12, step_px: int = 6) -> Image.Image:
    """The colours of a scale from its lowest to its highest value, from left to right."""
    steps = np.arange(COLOUR_STEPS, dtype=np.uint8).repeat(step_px)
    return _colour(np.tile(steps, (height_px, 1)), scale.colours)


def draw_filters(planes: NDArray[np.float32]) -> Image.Image:
    """Filters in a grid, row by row, on one scale for all: red above 0, white at 0, blue below.

    Args:
        planes: (n, kh, kw) float32.
    """
    limit = np.abs(planes).max()
    share = (planes / limit + 1) / 2 if limit > 0 else np.full_like(planes, 0.5)
    levels = (share * (COLOUR_STEPS - 1)).round().astype(np.uint8)
    factor = max(1, FILTER_PX // max(levels.shape[1:]))
    levels = levels.repeat(factor, axis=1).repeat(factor, axis=2)
    height, width = levels.shape[1:]
    form = SheetForm(grid_columns(len(levels)), (width, height), 0, GAP_PX)
    return _colour(_grid(levels, form), _SIGNED_COLOURS)


def shrink_planes(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average blocks of planes (n, h, w) float32 until no side is longer than `MAP_PX`."""
    factor = -(-max(planes.shape[1:]) // MAP_PX)
    return np.stack(
        [np.asarray(Image.fromarray(np.ascontiguousarray(one)).reduce(factor)) for one in planes]
    )


def grid_columns(n_cells: int) -> int:
    """Columns of a grid: at least as wide as high, and the last row full where possible."""
    square = int(np.ceil(np.sqrt(n_cells)))
    full = (columns for columns in range(square, 2 * square + 1) if n_cells % columns == 0)
    return next(full, square)


def _silent_cell(height: int, width: int) -> NDArray[np.uint8]:
    """A pale cell with a line from corner to corner."""
    across = np.abs(np.arange(height)[:, np.newaxis] * width - np.arange(width) * height)
    return np.where(across <= max(height, width), _STROKE, SILENT).astype(np.uint8)


def _numbered_grid(levels: NDArray[np.uint8], form: SheetForm) -> NDArray[np.uint8]:
    canvas = _grid(levels, form)
    for number in range(len(levels)):
        top, left = _corner(number, form)
        digits = _digits(number)
        height, width = digits.shape
        place = (slice(top - height - 2, top - 2), slice(left, left + width))
        canvas[place] = np.where(digits, _INK, canvas[place])
    return canvas


def _grid(levels: NDArray[np.uint8], form: SheetForm) -> NDArray[np.uint8]:
    """Cells (n, h, w) on a canvas, with gaps and strips between and around them."""
    n_cells, height, width = levels.shape
    bottom = _corner(n_cells - 1, form)[0] + height
    right = _corner(form.columns - 1, form)[1] + width
    canvas = np.full((bottom + form.gap_px, right + form.gap_px), _GAP, dtype=np.uint8)
    for number, cell in enumerate(levels):
        top, left = _corner(number, form)
        canvas[top : top + height, left : left + width] = cell
    return canvas


def _corner(number: int, form: SheetForm) -> tuple[int, int]:
    """Top and left of the map of a channel."""
    row, column = divmod(number, form.columns)
    width, height = form.cell_px
    top = form.gap_px + form.label_px + row * (height + form.label_px + form.gap_px)
    return top, form.gap_px + column * (width + form.gap_px)


def _digits(number: int) -> NDArray[np.bool_]:
    """A number in digits of 6 x 10 pixels, (10, 8 n)."""
    glyphs = [[_bits(row) for row in _DIGIT_ROWS[digit]] for digit in str(number)]
    return np.concatenate(np.array(glyphs), axis=1).repeat(2, axis=0).repeat(2, axis=1)


def _bits(octal: str) -> list[bool]:
    """Three pixels of a digit, and the gap behind them."""
    return [bool(int(octal, 8) & bit) for bit in (4, 2, 1)] + [False]


def _colour(levels: NDArray[np.uint8], colours: str) -> Image.Image:
    """Levels of a colour scale, and the extra entries of the palette, as a picture."""
    picture = Image.fromarray(levels).convert("P")
    steps = mpl.colormaps[colours](np.linspace(0, 1, COLOUR_STEPS))[:, :3]
    palette = (steps * 255).round().astype(int).ravel().tolist()
    picture.putpalette([*palette, *(value for colour in _EXTRA_COLOURS for value in colour)])
    return picture
