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
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    size = (size_px, size_px)
    if geometry == "letterbox":
        scale = needed_scale(width, height, size_px, geometry)
        size = (_side_px(width * scale, size_px), _side_px(height * scale, size_px))
    elif geometry == "crop":
        side = min(width, height)
        left, top = left + (width - side) / 2, top + (height - side) / 2
        box = (left, top, left + side, top + side)
    return np.asarray(grey.resize(size, Image.Resampling.LANCZOS, box=box))


def pad_to_square(image: Pixels, size_px: int) -> Pixels:
    """Centre an image on a black square: (size_px, size_px) uint8.

    The width of the padding shows the aspect ratio, and in Kaggle's set the aspect ratio reveals
    the label. Of the three geometries only `letterbox` shows it.
    """
    height, width = image.shape
    if height == width == size_px:
        return image
    square = np.zeros((size_px, size_px), dtype=np.uint8)
    top, left = (size_px - height) // 2, (size_px - width) // 2
    square[top : top + height, left : left + width] = image
    return square


def _side_px(side: float, size_px: int) -> int:
    return min(size_px, max(1, round(side)))
