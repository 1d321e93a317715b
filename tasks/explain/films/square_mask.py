"""Find which pixels of the square show a box of the film."""

import numpy as np

from tasks.core.film.film_place import Shares, SquarePlace
from tasks.core.statistics.arrays import Bools


def square_mask(box: Shares, place: SquarePlace, size_px: int) -> Bools:
    """Which pixels of the square have their centre in a box of the film: (size_px, size_px) bool.

    Args:
        box: Left, top, right, bottom as shares of the film.
        place: Of the film in its square.
        size_px: Side of the square.
    """
    inside = [
        _inside(box[axis::2], place.box[axis::2], place.square_box[axis::2], size_px)
        for axis in (1, 0)
    ]
    return np.logical_and.outer(*inside)


def _inside(
    wanted: tuple[float, ...], shown: tuple[float, ...], filled: tuple[float, ...], size_px: int
) -> Bools:
    """The same along one axis: begin and end of the box, of the shown part, and in the square."""
    centres = (np.arange(size_px) + 0.5) / size_px
    on_film = shown[0] + (centres - filled[0]) / (filled[1] - filled[0]) * (shown[1] - shown[0])
    in_film = (filled[0] <= centres) & (centres < filled[1])
    inside: Bools = in_film & (wanted[0] <= on_film) & (on_film < wanted[1])
    return inside
