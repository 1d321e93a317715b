"""ANN: two dense layers on the bare pixels, the floor that a convolution has to beat."""

import keras
from keras import layers

UNITS = (128, 64)


def ann(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build the dense baseline, up to the logits.

    FC 128 -> ReLU -> FC 64 -> ReLU -> FC n_classes

    Args:
        pixels: (B, H, W, C) float32 in [0, 1].
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.

    Source: the multi-layer perceptron of Rumelhart, Hinton and Williams, "Learning
    representations by back-propagating errors", Nature 323 (1986), with rectified units; the
    widths are those of the head of `cnn_deep`, so that the two differ by the convolutions only.
    """
    x = layers.Flatten(name="flatten")(pixels)
    for number, units in enumerate(UNITS, start=1):
        x = layers.Dense(units, name=f"fc{number}")(x)
        x = layers.ReLU(name=f"fc{number}_relu")(x)
    return layers.Dense(n_classes, dtype="float32", name="logits")(x)
