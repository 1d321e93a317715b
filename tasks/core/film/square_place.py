"""Find where the square of the networks lies on a film, and the film within the square."""

from tasks.core.film.film_place import SquarePlace
from tasks.core.film.geometry import fitted_part, margins
from tasks.core.film.square import PixelBox
from tasks.core.params import ResizeParams


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
