"""CNN-deep: three convolutions of growing width and two dense layers."""

import keras
from keras import layers

from tasks.train.network.blocks import dense_head

_BLOCK_FILTERS = (32, 64, 128)
_UNITS_HEAD = (128, 64)


def cnn_deep(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build CNN-deep, up to the logits.

    [CONV 3x3xF -> ReLU -> POOL 2x2] for F = 32, 64, 128
    FC 128 -> ReLU -> FC 64 -> ReLU -> FC n_classes

    Args:
        pixels: (B, H, W, C) float32 in [0, 1].
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.

    Source: the notebook of github.com/deepssharma/Phase4, which chose this network, trained with
    augmentation, for Kermany's films. The convolutions are unpadded, the default of Keras.
    """
    x = pixels
    for block, filters in enumerate(_BLOCK_FILTERS, start=1):
        name = f"block{block}"
        x = layers.Conv2D(filters, 3, name=f"{name}_conv1")(x)
        x = layers.ReLU(name=f"{name}_relu1")(x)
        x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)
    return dense_head(x, _UNITS_HEAD, n_classes)
