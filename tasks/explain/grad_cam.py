"""Grad-CAM: where the last convolution raised the score of a class.

Source: Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via
Gradient-based Localization", arXiv:1610.02391, equations 1 and 2.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.gradients import gradients_of
from tasks.explain.truncated import TruncatedNetwork


def grad_cam(
    truncated: TruncatedNetwork, images: Pixels, class_indices: Sequence[int]
) -> NDArray[np.float32]:
    """Heat map of one class for each film.

    alpha_k = mean over pixels of d logit / d A_k;  map = ReLU(sum over k of alpha_k A_k), where
    A_k is channel k of the last feature maps. The gradient is that of the logit, because the
    gradient of a saturated probability is zero. The map does not show what lowers the other
    logits. If several networks are averaged, the channels of all their last convolutions count.

    Args:
        truncated: From `tasks.explain.truncated.truncate`, with at least one convolution.
        images: (N, H, W, 1) uint8 in [0, 255].
        class_indices: Index of the explained logit, one per film.

    Returns:
        heat_maps: (N, h, w) float32, >= 0, in units of the logit. A map is zero everywhere if
        nothing at this layer raises the logit.
    """
    n_shown = len(truncated.layers)
    pixels = keras.ops.convert_to_tensor(images)
    last_maps = list(truncated.network(pixels, training=False)[n_shown - 1 : -1])
    columns = np.asarray(class_indices)[:, np.newaxis]

    def score(maps: list[Any]) -> Any:
        logits = truncated.head([pixels, *maps], training=False)
        # the films are independent, so the gradient of the sum holds the gradient of each film
        return keras.ops.sum(keras.ops.take_along_axis(logits, columns, axis=1))

    gradients = keras.ops.concatenate(gradients_of(score, last_maps), axis=-1)
    alphas = keras.ops.mean(gradients, axis=(1, 2), keepdims=True)  # (N, 1, 1, n_channels)
    weighted = alphas * keras.ops.concatenate(last_maps, axis=-1)
    heat_maps = keras.ops.relu(keras.ops.sum(weighted, axis=-1))  # (N, h, w)
    return np.asarray(keras.ops.convert_to_numpy(heat_maps), dtype=np.float32)


def to_unit_range(heat_map: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide a heat map (h, w), >= 0, by its maximum. A map of zeros stays a map of zeros.

    Example:
        >>> import numpy as np
        >>> to_unit_range(np.array([[0.0, 2.0, 4.0]], dtype=np.float32)).tolist()
        [[0.0, 0.5, 1.0]]
    """
    peak = heat_map.max()
    return heat_map / peak if peak > 0 else np.zeros_like(heat_map)
