"""From the stored values of a picture to grey levels.

A film of 8 bits keeps its bytes. A wider film becomes an image of mode I;16 from 0 (black) to
65,535 (white), so that scaling and `resize.intensity` can use all its levels; `eight_bits` is the
last step. Large pictures are converted in strips, because a copy of 100 million pixels with 8
bytes each needs 0.8 GB.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.errors import FilmError
from tasks.core.film.value_range import N_VALUES, ValueCounts, as_shares, byte_step, shown_range

TOP = N_VALUES - 1
_STRIP_PX = 2**20  # pixels converted at a time
_CELL_PX = 8  # strips have a multiple of it, so that cells of colour do not straddle two

Levels = NDArray[np.uint16]
Strip = tuple[Levels, NDArray[np.bool_] | None]  # values, and which of them are transparent
Strips = Callable[[], Iterator[Strip]]


def bit_depth(mode: str) -> int:
    """Bits per channel of one of Pillow's modes."""
    if mode == "1":
        return 1
    if ";16" in mode:
        return 16
    return 32 if mode in ("I", "F") else 8


def eight_bits(grey: Image.Image) -> Image.Image:
    """The image in mode L: a level of 8 bits is 257 levels of 16; ties go to the even level."""
    if grey.mode == "L":
        return grey
    made = Image.new("L", grey.size)
    for top, part in parts(grey):
        made.paste(Image.fromarray(_EIGHT_BITS.take(np.asarray(part))), (0, top))
    return made


def parts(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Cut an image into strips of about a million pixels: the first row and the part.

    Raises:
        FilmError: `unreadable` if a PNG of palette colours has no palette; a strip would get one.
    """
    if image.mode == "P" and image.palette is None:
        raise FilmError("unreadable", "PNG of palette colours without PLTE")
    n_rows = max(_CELL_PX, _STRIP_PX // image.width // _CELL_PX * _CELL_PX)
    for top in range(0, image.height, n_rows):
        yield top, image.crop((0, top, image.width, min(top + n_rows, image.height)))


def grey_of_bytes(image: Image.Image) -> Image.Image:
    """Convert a picture of 8 bits per channel to mode L; transparent pixels become black."""
    if image.mode == "L" and not image.has_transparency_data:
        return image
    if image.mode == "La":  # multiplied by its alpha already
        return image.getchannel(0)
    made = Image.new("L", image.size)
    for top, part in parts(image):
        made.paste(_on_black(part).convert("L"), (0, top))
    return made


def colour_cells(image: Image.Image) -> Image.Image:
    """Average 8 x 8 px of a picture on black: mode RGB, an eighth of its size, rounded up."""
    size = (-(-image.width // _CELL_PX), -(-image.height // _CELL_PX))
    made = Image.new("RGB", size)
    for top, part in parts(image):
        cells = _on_black(part).convert("RGB").reduce(_CELL_PX)
        made.paste(cells, (0, top // _CELL_PX))
    return made


def grey_of_values(strips: Strips, size: tuple[int, int], *, white_is_zero: bool) -> Image.Image:
    """Convert 16-bit values to grey; transparent pixels become black and do not count.

    Values that hold 8 bits become mode L, unchanged (`byte_step`). Others become mode I;16: the
    range of the film's values (`shown_range`) is mapped to 0 to 65,535.

    Args:
        strips: Gives the rows of the picture from top to bottom, as often as it is called.
        size: Width and height, px.
        white_is_zero: The lowest value is white.
    """
    counts: ValueCounts = np.zeros(N_VALUES, dtype=np.int64)
    for values, hidden in strips():
        visible = values.ravel() if hidden is None else values[~hidden]
        counts += np.bincount(visible, minlength=N_VALUES)
    table = _grey_table(counts, white_is_zero=white_is_zero)
    made = Image.new("L" if table.dtype == np.uint8 else "I;16", size)
    top = 0
    for values, hidden in strips():
        shown = table.take(values)
        if hidden is not None:
            shown[hidden] = 0
        made.paste(Image.fromarray(shown), (0, top))
        top += len(values)
    return made


def _grey_table(counts: ValueCounts, *, white_is_zero: bool) -> NDArray[np.uint8 | np.uint16]:
    """Grey level of each of the 65,536 values: uint8 if they hold bytes, else uint16."""
    values = np.arange(N_VALUES, dtype=np.float64)
    step = byte_step(counts)
    if step is not None:
        levels = np.minimum(values // step, 255).astype(np.uint8)
        return 255 - levels if white_is_zero else levels
    shares = as_shares(values, shown_range(values, counts))
    return as_levels(1 - shares if white_is_zero else shares)


def as_levels(shares: NDArray[np.float64]) -> Levels:
    """Map 0 (black) to 1 (white) to levels of 16 bits."""
    return np.rint(TOP * shares).astype(np.uint16)


def _on_black(image: Image.Image) -> Image.Image:
    """Put a picture with transparent pixels on black; return any other as it is."""
    if not image.has_transparency_data:
        return image
    image = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)


_EIGHT_BITS = np.rint(np.arange(N_VALUES) / 257).astype(np.uint8)
