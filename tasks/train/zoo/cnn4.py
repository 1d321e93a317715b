"""CNN4: four small convolutions without regularisation."""

import keras
from keras import layers

from tasks.train.network.blocks import dense_head

_BLOCK_FILTERS = (128, 64, 32, 32)
_UNITS_HEAD = (100, 50)


def cnn4(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build CNN4, up to the logits.

    [CONV 2x2xF -> ReLU -> POOL 2x2] for F = 128, 64, 32, 32
    FC 100 -> ReLU -> FC 50 -> ReLU -> FC n_classes

    Args:
        pixels: (B, H, W, C) float32 in [0, 1].
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.

    Source: the first of three networks that a public study compared with CheXNet on films with
    COVID-19, with viral pneumonia and without a finding.
    """
    x = pixels
    for block, filters in enumerate(_BLOCK_FILTERS, start=1):
        name = f"block{block}"
        x = layers.Conv2D(filters, 2, padding="same", name=f"{name}_conv1")(x)
        x = layers.ReLU(name=f"{name}_relu1")(x)
        x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)  # (B, H / 2**block, W / 2**block, F)
    return dense_head(x, _UNITS_HEAD, n_classes)
