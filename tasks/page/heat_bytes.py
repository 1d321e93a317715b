"""Heat maps as text inside a page, small enough for a mail attachment."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LONGEST_SIDE = 64  # px of a map or of superpixels in a page; our choice
FULL = 127  # the step of int8 that stands for the limit


def heat_text(maps: NDArray[np.floating[Any]], limit: float | None) -> dict[str, Any]:
    """Maps in 255 steps from -limit to +limit. Heat beyond the limit becomes the limit.

    Args:
        maps: (k, h, w) float, positive where a place speaks for the class. A map with a side of
            more than 64 px is reduced to 64 px, each new pixel the mean of the old ones.
        limit: Heat of the fullest colour. 0 or None, where a network has no heat: every step is 0.

    Returns:
        `shape` [k, h, w] and `bytes`: base64 of the steps as int8, map by map, row by row.

    Example:
        >>> heat_text(np.array([[[0.0, 1.0], [-2.0, 0.5]]]), limit=1.0)
        {'shape': [1, 2, 2], 'bytes': 'AH+BQA=='}
    """
    reduced = np.stack([_reduced(one, Image.Resampling.BOX) for one in maps.astype(np.float32)])
    shares = np.clip(reduced / limit, -1, 1) if limit else np.zeros_like(reduced)
    steps = np.rint(shares * FULL).astype(np.int8)
    return {"shape": list(steps.shape), "bytes": _base64(steps)}


def segment_text(segments: NDArray[np.uint16]) -> dict[str, Any]:
    """Numbers of superpixels: (H, W) uint16, reduced to 64 px without mixing numbers.

    Returns:
        `shape` [h, w] and `bytes`: base64 of the numbers as uint16, low byte first, row by row.

    Example:
        >>> segment_text(np.array([[0, 1], [0, 258]], dtype=np.uint16))
        {'shape': [2, 2], 'bytes': 'AAABAAAAAgE='}
    """
    numbers = _reduced(segments.astype(np.int32), Image.Resampling.NEAREST).astype("<u2")
    return {"shape": list(numbers.shape), "bytes": _base64(numbers)}


def _reduced(plane: NDArray[Any], how: Image.Resampling) -> NDArray[Any]:
    height, width = plane.shape
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return plane if scale == 1.0 else np.asarray(Image.fromarray(plane).resize(size, how))


def _base64(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
