"""CNN4 with batch normalisation and dropout."""

import keras
from keras import layers

from tasks.train.network.blocks import batch_norm, dense_head

_BLOCK_FILTERS = (128, 64, 32, 32)
_UNITS_HEAD = (100, 50)
_DROPOUT_AFTER_BLOCK = {1: 0.8, 4: 0.2}


def cnn4_bn_dropout(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build CNN4 with batch normalisation, and dropout after the first and last block.

    [CONV 2x2xF -> ReLU -> POOL 2x2 -> BN] for F = 128, 64, 32, 32
    FC 100 -> ReLU -> FC 50 -> ReLU -> FC n_classes

    The first dropout drops four of five values, as in its source. There the accuracy stayed at
    0.71; it was 0.97 without dropout.

    Args:
        pixels: (B, H, W, C) float32 in [0, 1].
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.

    Source: the third of three networks that a public study compared with CheXNet on films with
    COVID-19, with viral pneumonia and without a finding.
    """
    x = pixels
    for block, filters in enumerate(_BLOCK_FILTERS, start=1):
        name = f"block{block}"
        x = layers.Conv2D(filters, 2, padding="same", name=f"{name}_conv1")(x)
        x = layers.ReLU(name=f"{name}_relu1")(x)
        x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)  # (B, H / 2**block, W / 2**block, F)
        x = batch_norm(f"{name}_bn1")(x)
        if block in _DROPOUT_AFTER_BLOCK:
            x = layers.Dropout(_DROPOUT_AFTER_BLOCK[block], name=f"{name}_dropout")(x)
    return dense_head(x, _UNITS_HEAD, n_classes)
