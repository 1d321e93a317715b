"""Views of a square whose logits are averaged at prediction: the square and five crops of it.

The crops are layers of the saved network, see tasks/train/network/folded_views.py. Here is where
they lie, and how heat maps of the views become one map of the square.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

# Share of the side that a crop keeps. Source: 224 of 256 px, Krizhevsky et al., NeurIPS 2012,
# section 4.1. The crops of a square of 16 n px lie on whole pixels
CROP_SHARE = 0.875
VIEWS_LAYER = "views"  # joins the views along the batch: all films whole, then each crop of all
VIEW_SHARE, VIEW_ROWS, VIEW_SUM = "view_share", "view_rows", "view_sum"  # the mean over views
_CROP = re.compile(r"view[0-9]+_crop")

ViewBox = tuple[int, int, int, int]  # top, left, bottom, right in px; the last two not included


def view_boxes(n_views: int, size_px: int) -> tuple[ViewBox, ...]:
    """Where the views lie in the square: the whole, the centre, then the corners.

    Args:
        n_views: 1 or 6.
        size_px: Side of the square.

    Source: five crops as Krizhevsky et al., "ImageNet Classification with Deep Convolutional
    Neural Networks", NeurIPS 2012, section 4.1, without their mirror images.

    Example:
        >>> view_boxes(6, 64)[:3]
        ((0, 0, 64, 64), (4, 4, 60, 60), (0, 0, 56, 56))
    """
    side = round(CROP_SHARE * size_px)
    far = size_px - side
    corners = [(far // 2, far // 2), (0, 0), (0, far), (far, 0), (far, far)]
    crops = [(top, left, top + side, left + side) for top, left in corners]
    return ((0, 0, size_px, size_px), *crops)[:n_views]


def boxes_of(model: "keras.Model") -> tuple[ViewBox, ...]:
    """Where the views of a saved network lie, as its layers say: the whole square first.

    Args:
        model: From `load_classifier`. A network without views has one box.
    """
    height, width = model.input_shape[1:3]
    crops = [layer.cropping for layer in model.layers if _CROP.fullmatch(layer.name)]
    return (
        (0, 0, height, width),
        *((top, left, height - bottom, width - right) for (top, bottom), (left, right) in crops),
    )


def put_back(maps: NDArray[np.floating], boxes: Sequence[ViewBox]) -> NDArray[np.float32]:
    """Put the map of each view back at the place of its crop, and add the maps.

    Each value is spread over the places that it covers, by area: the sum over all places stays.

    Args:
        maps: (..., V, h, w), which cover their boxes.
        boxes: V boxes; the first one is the whole square.

    Returns:
        (..., h, w) float32 over the whole square.

    Example:
        >>> put_back(np.ones((1, 2, 2)), [(0, 0, 8, 8)]).tolist()
        [[1.0, 1.0], [1.0, 1.0]]
    """
    if len(boxes) == 1:
        return maps[..., 0, :, :].astype(np.float32)
    height, width = maps.shape[-2:]
    total = np.zeros((*maps.shape[:-3], height, width), dtype=np.float32)
    for number, (top, left, bottom, right) in enumerate(boxes):
        down = _spread(height, top / boxes[0][2], bottom / boxes[0][2])
        across = _spread(width, left / boxes[0][3], right / boxes[0][3])
        total += down @ maps[..., number, :, :] @ across.T
    return total


def _spread(n_cells: int, start: float, end: float) -> NDArray[np.float32]:
    """Share of each of n cells from `start` to `end` that falls on each of n cells from 0 to 1.

    Returns:
        (n, n) float32: row is the cell of the square, column that of the view.
    """
    edges = np.linspace(0, 1, n_cells + 1)
    inner = start + (end - start) * edges
    low = np.maximum(edges[:-1, np.newaxis], inner[:-1])
    high = np.minimum(edges[1:, np.newaxis], inner[1:])
    shares: NDArray[Any] = np.maximum(high - low, 0) * n_cells / (end - start)
    return shares.astype(np.float32)
