"""ANN: two dense layers on the pixels, the baseline that a convolution must beat."""

import keras

from tasks.train.network.blocks import dense_head

_UNITS = (128, 64)


def ann(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build the dense baseline, up to the logits.

    FC 128 -> ReLU -> FC 64 -> ReLU -> FC n_classes

    Args:
        pixels: (B, H, W, C) float32 in [0, 1].
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.

    Source: the multi-layer perceptron of Rumelhart, Hinton and Williams, "Learning
    representations by back-propagating errors", Nature 323 (1986), with rectified units. The
    widths are those of the head of `cnn_deep`, so the two networks differ only by the
    convolutions.
    """
    return dense_head(pixels, _UNITS, n_classes)
