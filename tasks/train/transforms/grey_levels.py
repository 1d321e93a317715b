"""Random gamma, contrast and brightness."""

import math
from collections.abc import Mapping

import keras
from keras import ops

from tasks.train.transforms.presets import Augmentation


def change_grey_levels(
    films: keras.KerasTensor, augmentation: Augmentation, draws: Mapping[str, keras.KerasTensor]
) -> keras.KerasTensor:
    """Apply gamma, then contrast about the mean of the film, then brightness; clip to [0, 1].

    Args:
        films: (B, H, W, 1) float32 in [0, 1].
        augmentation: `gamma` g: exponent from 1 / (1 + g) to 1 + g, log-uniform; `contrast` c:
            factor from 1 - c to 1 + c; `brightness` b: added value from -b to b.
        draws: Random numbers by name, (B, 1) float32, uniform in [-1, 1).

    Returns:
        (B, H, W, 1) float32 in [0, 1].
    """
    if augmentation.gamma:
        exponent = ops.exp(math.log1p(augmentation.gamma) * draws["gamma"])
        films = ops.power(films, exponent[:, :, None, None])
    added = (augmentation.brightness * draws["brightness"])[:, :, None, None]
    if augmentation.contrast:
        factor = (1.0 + augmentation.contrast * draws["contrast"])[:, :, None, None]
        mean = ops.mean(films, axis=(1, 2, 3), keepdims=True)
        films, added = films * factor, added + mean * (1.0 - factor)
    return ops.clip(films + added, 0.0, 1.0)
