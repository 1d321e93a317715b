"""CNN4: four small convolutions, in three grades of regularisation."""

from collections.abc import Mapping

import keras
from keras import layers

from tasks.train.zoo.batch_norm import batch_norm

BLOCK_FILTERS = (128, 64, 32, 32)
UNITS_HEAD = (100, 50)
DROPOUT_AFTER_BLOCK = {1: 0.8, 4: 0.2}


def cnn4(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build CNN4 without regularisation, up to the logits.

    [CONV 2x2xF -> ReLU -> POOL 2x2] for F = 128, 64, 32, 32
    FC 100 -> ReLU -> FC 50 -> ReLU -> FC n_classes

    Args:
        pixels: (B, H, W, C) float32 in [0, 1].
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.

    Source: the first of three networks that a public study of COVID-19, viral pneumonia and
    normal films set against CheXNet.
    """
    return _cnn4(pixels, n_classes, normalised=False, dropout={})


def cnn4_bn(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build CNN4 with batch normalisation after every pooling; see `cnn4` for the rest."""
    return _cnn4(pixels, n_classes, normalised=True, dropout={})


def cnn4_bn_dropout(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build CNN4 with batch normalisation, and dropout after the first and the last of them.

    The first drops four of five values, as in its source, where it held the accuracy at 0.71
    beside 0.97 without; see `cnn4` for the rest.
    """
    return _cnn4(pixels, n_classes, normalised=True, dropout=DROPOUT_AFTER_BLOCK)


def _cnn4(
    pixels: keras.KerasTensor, n_classes: int, normalised: bool, dropout: Mapping[int, float]
) -> keras.KerasTensor:
    x = pixels
    for block, filters in enumerate(BLOCK_FILTERS, start=1):
        name = f"block{block}"
        x = layers.Conv2D(filters, 2, padding="same", name=f"{name}_conv1")(x)
        x = layers.ReLU(name=f"{name}_relu1")(x)
        x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)  # (B, H / 2**block, W / 2**block, F)
        if normalised:
            x = batch_norm(f"{name}_bn1")(x)
        if block in dropout:
            x = layers.Dropout(dropout[block], name=f"{name}_dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate(UNITS_HEAD, start=1):
        x = layers.Dense(units, name=f"fc{number}")(x)
        x = layers.ReLU(name=f"fc{number}_relu")(x)
    return layers.Dense(n_classes, dtype="float32", name="logits")(x)
