"""MiniVGGNet: two blocks of two small convolutions, and one wide dense layer."""

import keras
from keras import layers

from tasks.train.network.blocks import batch_norm

_BLOCK_FILTERS = (32, 64)
_DROPOUT_BLOCK = 0.25
_DROPOUT_HEAD = 0.5
_UNITS_HEAD = 512


def minivggnet(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build MiniVGGNet as published, up to the logits.

    [CONV 3x3x32 -> ReLU -> BN] x2 -> POOL 2x2 -> DROPOUT 0.25
    [CONV 3x3x64 -> ReLU -> BN] x2 -> POOL 2x2 -> DROPOUT 0.25
    FC 512 -> ReLU -> BN -> DROPOUT 0.5 -> FC n_classes

    The published network ends in a softmax. Here the caller adds the softmax, because explanations
    need the logits as a layer of their own.

    Args:
        pixels: (B, H, W, C) float32 in [0, 1].
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.

    Source: A. Rosebrock, "Deep Learning for Computer Vision with Python", Starter Bundle,
    chapter 15 (MiniVGGNet), after Simonyan and Zisserman, arXiv 1409.1556.
    """
    x = pixels
    for block, filters in enumerate(_BLOCK_FILTERS, start=1):
        for conv in (1, 2):
            name = f"block{block}"
            x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv{conv}")(x)
            x = layers.ReLU(name=f"{name}_relu{conv}")(x)
            x = batch_norm(f"{name}_bn{conv}")(x)
        x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)  # (B, H / 2**block, W / 2**block, F)
        x = layers.Dropout(_DROPOUT_BLOCK, name=f"{name}_dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(_UNITS_HEAD, name="fc1")(x)
    x = layers.ReLU(name="fc1_relu")(x)
    x = batch_norm("fc1_bn")(x)
    x = layers.Dropout(_DROPOUT_HEAD, name="fc1_dropout")(x)
    return layers.Dense(n_classes, dtype="float32", name="logits")(x)
