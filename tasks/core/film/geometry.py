"""From a part of a decoded film to a square: stretched, padded or cut, always anti-aliased."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Geometry = Literal["stretch", "letterbox", "crop"]
Box = tuple[float, float, float, float]  # left, top, right, bottom
Pixels = NDArray[np.uint8]


def needed_scale(width: float, height: float, size_px: int, geometry: Geometry) -> float:
    """Pixels of the final image per pixel of the part shown, along the axis that needs more.

    A film decoded at this scale or above has all the detail that the final image can show.

    Args:
        width: Of the part that is shown, px.
        height: The same.
        size_px: Side of the final image.
        geometry: How the part fills it.
    """
    shown = max(width, height) if geometry == "letterbox" else min(width, height)
    return size_px / shown


def draw(grey: Image.Image, box: Box, size_px: int, geometry: Geometry) -> Pixels:
    """Scale a part of an image (Lanczos, 3 lobes); the result has no padding yet.

    Args:
        grey: Mode L.
        box: The part, px of `grey`; fractions of a pixel count.
        size_px: Side of the square that `pad` makes of the result.
        geometry: `stretch` fills the square and hides the aspect ratio; `letterbox` keeps the
            ratio, the longer side fills the square; `crop` keeps it and shows the middle.

    Returns:
        image: (h, w) uint8; (size_px, size_px) but for `letterbox`.
    """
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    size = (size_px, size_px)
    if geometry == "letterbox":
        scale = needed_scale(width, height, size_px, geometry)
        size = (_whole(width * scale, size_px), _whole(height * scale, size_px))
    elif geometry == "crop":
        side = min(width, height)
        left, top = left + (width - side) / 2, top + (height - side) / 2
        box = (left, top, left + side, top + side)
    return np.asarray(grey.resize(size, Image.Resampling.LANCZOS, box=box))


def pad(image: Pixels, size_px: int) -> Pixels:
    """Centre an image on a black square: (size_px, size_px) uint8.

    The width of the padding shows the aspect ratio, which tells the classes of the Kaggle set
    apart: of the three geometries only `letterbox` gives that away whole.
    """
    height, width = image.shape
    if height == width == size_px:
        return image
    square = np.zeros((size_px, size_px), dtype=np.uint8)
    top, left = (size_px - height) // 2, (size_px - width) // 2
    square[top : top + height, left : left + width] = image
    return square


def _whole(side: float, size_px: int) -> int:
    return min(size_px, max(1, round(side)))
