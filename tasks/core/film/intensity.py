"""Adjust the grey levels of the final image: leave, spread or equalise them; then use 8 bits."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.grey import eight_bits
from tasks.core.image_store.store import Pixels

Intensity = Literal["none", "percentile", "clahe"]

PERCENTILES = (1, 99)  # a burned-in letter or a black corner of less than 1 % changes neither
# Defaults of scikit-image, fixed here because the bytes of the image store depend on them
CLIP_LIMIT = 0.01
TILES = 8  # along each side


def adjust_intensity(image: Pixels | NDArray[np.uint16], intensity: Intensity) -> Pixels:
    """Adjust the grey levels of one image by its own content.

    An image with a single grey level stays as it is.

    Args:
        image: (h, w) uint8, or uint16 of a film of more than 8 bits; without padding.
        intensity: `none`; `percentile` maps the 1st percentile to 0 and the 99th to 255, linearly,
            and clips the rest; `clahe` equalises the histogram in 8 x 8 tiles with limited
            contrast.

    Returns:
        image: (h, w) uint8 in [0, 255].

    Source:
        Zuiderveld, Contrast limited adaptive histogram equalization, Graphics Gems IV, 1994.
    """
    if intensity == "none" or image.min() == image.max():
        return _in_8_bits(image)
    if intensity == "percentile":
        return _spread(image)
    from skimage.exposure import equalize_adapthist

    tile = (max(1, image.shape[0] // TILES), max(1, image.shape[1] // TILES))
    return _as_uint8(255 * equalize_adapthist(image, kernel_size=tile, clip_limit=CLIP_LIMIT))


def _spread(image: Pixels | NDArray[np.uint16]) -> Pixels:
    low, high = np.percentile(image, PERCENTILES)
    if low == high:
        return _in_8_bits(image)
    return _as_uint8(255 * (image - low) / (high - low))


def _in_8_bits(image: Pixels | NDArray[np.uint16]) -> Pixels:
    if image.dtype == np.uint8:
        return image.astype(np.uint8, copy=False)
    return np.asarray(eight_bits(Image.fromarray(image)))


def _as_uint8(values: NDArray[np.float64]) -> Pixels:
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)
