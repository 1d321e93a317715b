"""Scale a part of a decoded film to a square: stretch, pad or cut it, always anti-aliased."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.decode import Box
from tasks.core.image_store.store import Pixels

Geometry = Literal["stretch", "letterbox", "crop"]


def needed_scale(width: float, height: float, size_px: int, geometry: Geometry) -> float:
    """Pixels of the final image per pixel of the film, along the axis that needs more.

    A film decoded at this scale or above has all the detail that the final image can show.

    Args:
        width: Width of the part that is shown, px.
        height: Height of the part that is shown, px.
        size_px: Side of the final image.
        geometry: How the part fills the final image.
    """
    side = max(width, height) if geometry == "letterbox" else min(width, height)
    return size_px / side


def scale_part(
    grey: Image.Image, box: Box, size_px: int, geometry: Geometry
) -> Pixels | NDArray[np.uint16]:
    """Scale a part of an image with a Lanczos filter of 3 lobes, without padding.

    Args:
        grey: Image of mode L or I;16.
        box: The part, px of `grey`; fractions of a pixel count.
        size_px: Side of the final square; `pad_to_square` adds the padding.
        geometry: `stretch` fills the square and hides the aspect ratio; `letterbox` keeps the
            ratio and the longer side fills the square; `crop` keeps it and shows the middle.

    Returns:
        image: (h, w) uint8, or uint16 for mode I;16; (size_px, size_px) except for `letterbox`.
    """
    part, size = fitted_part(box, size_px, geometry)
    return np.asarray(grey.resize(size, Image.Resampling.LANCZOS, box=part))


def fitted_part(box: Box, size_px: int, geometry: Geometry) -> tuple[Box, tuple[int, int]]:
    """The part of a box that the square shows, and the width and height it has there, px.

    Example:
        >>> fitted_part((0, 0, 200, 100), 64, "crop")
        ((50.0, 0.0, 150.0, 100.0), (64, 64))
        >>> fitted_part((0, 0, 200, 100), 64, "letterbox")
        ((0, 0, 200, 100), (64, 32))
    """
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    if geometry == "letterbox":
        scale = needed_scale(width, height, size_px, geometry)
        return box, (_side_px(width * scale, size_px), _side_px(height * scale, size_px))
    if geometry == "crop":
        side = min(width, height)
        left, top = left + (width - side) / 2, top + (height - side) / 2
        box = (left, top, left + side, top + side)
    return box, (size_px, size_px)


def margins(size: tuple[int, int], size_px: int) -> tuple[int, int]:
    """Padding to the left and above a part of this width and height in the square, px."""
    return (size_px - size[0]) // 2, (size_px - size[1]) // 2


def pad_to_square(image: Pixels, size_px: int) -> Pixels:
    """Centre an image on a black square: (size_px, size_px) uint8.

    The width of the padding shows the aspect ratio, and in Kaggle's set the aspect ratio reveals
    the label. Of the three geometries only `letterbox` shows it.
    """
    height, width = image.shape
    if height == width == size_px:
        return image
    square = np.zeros((size_px, size_px), dtype=np.uint8)
    left, top = margins((width, height), size_px)
    square[top : top + height, left : left + width] = image
    return square


def _side_px(side: float, size_px: int) -> int:
    return min(size_px, max(1, round(side)))
