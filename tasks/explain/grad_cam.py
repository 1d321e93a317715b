"""Grad-CAM: where the last convolution saw evidence for a class.

Source: Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via
Gradient-based Localization", arXiv:1610.02391, equations 1 and 2.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.truncated import Truncated


def grad_cam(
    truncated: Truncated, images: Pixels, class_indices: Sequence[int]
) -> NDArray[np.float32]:
    """Weigh the last convolution's maps by the mean slope of a class logit; keep what is positive.

    alpha_k = mean over pixels of d logit / d A_k;  map = ReLU(sum over k of alpha_k A_k), where
    A_k is channel k of the rectified maps. The logit is explained as it stands, before the
    softmax and not as a difference of logits: the slope of a saturated probability is zero. A
    logit may be moved by an evidence *against* the other class that this map does not show. Where
    networks are averaged, the channels are those of all their last convolutions.

    Args:
        truncated: From `tasks.explain.truncated.truncate`.
        images: (N, H, W, 1) uint8 in [0, 255].
        class_indices: Which logit to explain, one per film.

    Returns:
        maps: (N, h, w) float32, >= 0, in units of the logit; zeros where nothing speaks for the
        class at this depth.
    """
    columns = tf.constant(list(class_indices), dtype=tf.int32)
    with tf.GradientTape() as tape:
        *maps, logits = truncated.network(images, training=False)
        # films do not mix at inference, so the slope of the sum holds each film's own slope
        score = tf.reduce_sum(tf.gather(logits, columns, batch_dims=1))
    deepest = maps[len(truncated.layers) - 1 :]  # one of each network
    slopes = tf.concat(tape.gradient(score, deepest), axis=-1)
    weights = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)  # (N, 1, 1, n_channels)
    weighted = weights * tf.concat(deepest, axis=-1)
    evidence = tf.nn.relu(tf.reduce_sum(weighted, axis=-1))  # (N, h, w)
    return np.asarray(evidence, dtype=np.float32)


def to_unit_range(evidence: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide one map (h, w), >= 0, by its maximum: [0, 1]; a map of zeros stays as it is."""
    peak = evidence.max()
    return evidence / peak if peak > 0 else np.zeros_like(evidence)
