"""Any network of keras.applications: grey films in, its own preprocessing, a new head."""

import sys

import keras
import numpy as np
from keras import layers

# Every network by its name in lower case: densenet121, resnet101, xception, ...
APPLICATIONS = {
    name.lower(): build for name, build in vars(keras.applications).items() if name[0].isupper()
}


def application(name: str, pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build a network of keras.applications with random weights, up to the logits.

    The film goes into all three colour channels. The network stands inside the classifier as one
    layer, so that weights files of its own layout fit.

    Args:
        name: A key of `APPLICATIONS`.
        pixels: (B, H, W, 1) float32 in [0, 1].
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.

    Raises:
        ValueError: The network does not take films so small.

    Source: keras.io/api/applications names the paper of each; for Xception Chollet, arXiv
    1610.02357, for ResNet101 He et al., arXiv 1512.03385.
    """
    x = layers.Concatenate(name="grey_to_colour")([pixels] * 3)
    scale, offset = preprocessing(name)
    x = layers.Rescaling(scale, offset, dtype="float32", name="preprocess")(x)
    x = bare(name, pixels.shape[1])(x)
    x = layers.GlobalAveragePooling2D(name="head_pool")(x)
    return layers.Dense(n_classes, dtype="float32", name="logits")(x)


def bare(name: str, size_px: int | None = None, weights: str | None = None) -> keras.Model:
    """Build the network without its head: (B, size_px, size_px, 3) -> maps (B, h, w, n).

    Args:
        name: A key of `APPLICATIONS`.
        size_px: Side of the input; None for any.
        weights: `imagenet`, or None for random numbers.
    """
    shape = (size_px, size_px, 3) if size_px else None
    model: keras.Model = APPLICATIONS[name](include_top=False, weights=weights, input_shape=shape)
    return model


def preprocessing(name: str) -> tuple[list[float], list[float]]:
    """Scale and offset of each channel that take [0, 1] to what the network was trained on.

    They are read off the network's own `preprocess_input`, which is linear in every channel.
    """
    module = sys.modules[APPLICATIONS[name].__module__]
    black, white = (
        module.preprocess_input(np.full((1, 1, 1, 3), grey, dtype=np.float32)).ravel()
        for grey in (0, 255)
    )
    return [float(x) for x in white - black], [float(x) for x in black]
