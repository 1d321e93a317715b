"""Find where the square of the networks lies on a film, and the film within the square."""

import numpy as np

from tasks.core.film.geometry import fitted_part, margins
from tasks.core.film.square import PixelBox
from tasks.core.params import ResizeParams
from tasks.core.statistics.arrays import Bools
from tasks.explain.films.film_place import Shares, SquarePlace


def place_in_square(region: PixelBox, width: int, height: int, params: ResizeParams) -> SquarePlace:
    """Find how a film lies in its square.

    Args:
        region: Region that `resize` found, px of the whole film.
        width: Width of the whole film, px.
        height: Height of the whole film, px.
        params: Section `resize`.

    Example:
        >>> params = ResizeParams(size_px=64, geometry="letterbox", intensity="none",
        ...                       region="none", common_resolution_px=None)
        >>> place_in_square((0, 0, 200, 100), 200, 100, params).square_box
        (0.0, 0.25, 1.0, 0.75)
    """
    part, size = fitted_part(region, params.size_px, params.geometry)
    left, top = margins(size, params.size_px)
    ends = (left, top, left + size[0], top + size[1])
    across, along = (part[0] / width, part[2] / width), (part[1] / height, part[3] / height)
    return SquarePlace(
        (across[0], along[0], across[1], along[1]),
        (
            ends[0] / params.size_px,
            ends[1] / params.size_px,
            ends[2] / params.size_px,
            ends[3] / params.size_px,
        ),
    )


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
