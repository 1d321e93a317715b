"""CheXNet: DenseNet121 as it was trained on 14 findings of 112,120 chest films, with a new head."""

import keras

from tasks.train.zoo.applications import application

DENSENET = "densenet121"
N_FINDINGS = 14  # outputs of the published network; its head is not used


def chexnet(pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Build CheXNet up to the logits; `train.weights` says where its weights come from.

    DenseNet121 (blocks of 6, 12, 24, 16 layers, growth 32) -> GLOBAL MEAN -> FC n_classes

    Args:
        pixels: (B, H, W, 1) float32 in [0, 1]; ImageNet's mean and deviation are taken in.
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.

    Source: Rajpurkar et al., "CheXNet: Radiologist-Level Pneumonia Detection on Chest X-Rays
    with Deep Learning", arXiv 1711.05225; Huang et al., "Densely Connected Convolutional
    Networks", arXiv 1608.06993.
    """
    return application(DENSENET, pixels, n_classes)
