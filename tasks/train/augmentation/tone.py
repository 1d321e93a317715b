"""Grey levels of a film: gamma, contrast, brightness."""

import math
from collections.abc import Mapping

import keras
from keras import ops

from tasks.train.augmentation.presets import Changes


def shift_tones(
    films: keras.KerasTensor, changes: Changes, draws: Mapping[str, keras.KerasTensor]
) -> keras.KerasTensor:
    """Film ** gamma, then spread about its mean by the contrast, plus brightness, cut to [0, 1].

    Args:
        films: (B, H, W, 1) float32 in [0, 1].
        changes: `gamma` g: exponent from 1 / (1 + g) to 1 + g, log-uniform; `contrast` c: factor
            from 1 - c to 1 + c; `brightness` b: from -b to b.
        draws: By name, (B, 1) float32, uniform in [-1, 1).
    """
    if changes.gamma:
        exponent = ops.exp(math.log1p(changes.gamma) * draws["gamma"])
        films = ops.power(films, exponent[:, :, None, None])
    added = (changes.brightness * draws["brightness"])[:, :, None, None]
    if changes.contrast:
        factor = (1.0 + changes.contrast * draws["contrast"])[:, :, None, None]
        mean = ops.mean(films, axis=(1, 2, 3), keepdims=True)
        films, added = films * factor, added + mean * (1.0 - factor)
    return ops.clip(films + added, 0.0, 1.0)
