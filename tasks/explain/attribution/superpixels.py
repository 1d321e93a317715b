"""Superpixels: connected places of about equal grey."""

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import slic

from tasks.core.image_store.store import Pixels

_N_SUPERPIXELS = 20  # asked for; the film decides how many it has
_COMPACTNESS = 0.1  # for grey levels in [0, 1]: grey and distance count about equally
_SIGMA = 1.0  # px of smoothing, against the grain of the film


def lime_segments(images: Pixels) -> NDArray[np.uint16]:
    """Superpixels of each film, as LIME uses them.

    Args:
        images: (N, H, W, 1) uint8 in [0, 255].

    Returns:
        (N, H, W) uint16, the number of the superpixel of each pixel, from 0 and without gaps.

    Source: Achanta et al. 2012, "SLIC Superpixels Compared to State-of-the-Art Superpixel Methods",
    doi:10.1109/TPAMI.2012.120.
    """
    return np.stack([_segments(image) for image in images[..., 0]])


def _segments(image: NDArray[np.uint8]) -> NDArray[np.uint16]:
    numbers = slic(
        image.astype(np.float64) / 255,
        n_segments=_N_SUPERPIXELS,
        compactness=_COMPACTNESS,
        sigma=_SIGMA,
        start_label=0,
        channel_axis=None,
    )
    _, dense = np.unique(numbers, return_inverse=True)
    return dense.reshape(image.shape).astype(np.uint16)
