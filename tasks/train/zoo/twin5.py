"""Twin5: five blocks of two convolutions each."""

import keras
from keras import layers

from tasks.train.network.blocks import batch_norm, dense_head

_BLOCK_FILTERS = (32, 64, 128, 256, 256)
_DROPOUT_BLOCK = 0.2
_UNITS_HEAD = (128,)


def twin5(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build Twin5, up to the logits.

    [[CONV 3x3xF -> ReLU] x2 -> BN -> POOL 2x2 -> DROPOUT 0.2] for F = 32, 64, 128, 256, 256
    FC 128 -> ReLU -> FC n_classes

    Args:
        pixels: (B, H, W, C) float32 in [0, 1], H and W at least 32.
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.

    Source: the five double blocks of VGG, Simonyan and Zisserman, arXiv 1409.1556, table 1 (B),
    with the batch normalisation and dropout that public pneumonia classifiers add. Our own choice:
    half of VGG's filters, and one hidden layer instead of two layers of 4,096 units.
    """
    x = pixels
    for block, filters in enumerate(_BLOCK_FILTERS, start=1):
        name = f"block{block}"
        for conv in (1, 2):
            x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv{conv}")(x)
            x = layers.ReLU(name=f"{name}_relu{conv}")(x)
        x = batch_norm(f"{name}_bn1")(x)
        x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)  # (B, H / 2**block, W / 2**block, F)
        x = layers.Dropout(_DROPOUT_BLOCK, name=f"{name}_dropout")(x)
    return dense_head(x, _UNITS_HEAD, n_classes)
