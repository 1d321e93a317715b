"""Where the square of the networks lies on the whole film, and the film within the square."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Shares = tuple[float, float, float, float]  # left, top, right, bottom, 0 to 1


@dataclass(frozen=True)
class SquarePlace:
    """How a film and its square lie on each other.

    A place at the shares (x, y) of `box` is at the same shares of `square_box`.

    box: left, top, right, bottom of what the square shows, as shares of the film, 0 to 1.
    square_box: the part of the square that shows it, as shares of the square; the rest is padding.
    """

    box: Shares
    square_box: Shares


def values_on_film(
    square: NDArray[np.float32] | NDArray[np.int32],
    place: SquarePlace,
    size: tuple[int, int],
    how: Image.Resampling,
) -> NDArray[np.float32] | NDArray[np.int32]:
    """Bring values of the square to the pixels of the film; 0 where the square does not show it.

    Args:
        square: (h, w) values in the frame of the square, of any resolution.
        place: Of the film in its square.
        size: Width and height of the film's picture, px.
        how: NEAREST or BILINEAR.

    Returns:
        (height, width) in the type of `square`.

    Example:
        >>> whole = SquarePlace((0.0, 0.5, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0))
        >>> values_on_film(np.ones((1, 1), np.int32), whole, (1, 2), Image.Resampling.NEAREST)
        array([[0],
               [1]], dtype=int32)
    """
    height, width = square.shape
    left, top, right, bottom = place.square_box
    part = (left * width, top * height, right * width, bottom * height)
    ends = [round(share * size[axis % 2]) for axis, share in enumerate(place.box)]
    shown_size = (max(1, ends[2] - ends[0]), max(1, ends[3] - ends[1]))
    shown = np.zeros(size[::-1], dtype=square.dtype)
    scaled = np.asarray(Image.fromarray(square).resize(shown_size, how, box=part))
    target = shown[ends[1] : ends[1] + shown_size[1], ends[0] : ends[0] + shown_size[0]]
    target[:] = scaled[: target.shape[0], : target.shape[1]]
    return shown
