"""The zoo: every network by its name, wrapped the same way from uint8 pixels to probabilities."""

from collections.abc import Callable
from functools import partial

import keras
from keras import layers

from tasks.core.errors import TrainingError
from tasks.core.params import AugmentParams
from tasks.train.augmentation import augmentation_layers, classifier_model
from tasks.train.zoo.ann import ann
from tasks.train.zoo.applications import APPLICATIONS, application
from tasks.train.zoo.chexnet import chexnet
from tasks.train.zoo.cnn4 import cnn4, cnn4_bn, cnn4_bn_dropout
from tasks.train.zoo.cnn_deep import cnn_deep
from tasks.train.zoo.minivggnet import minivggnet
from tasks.train.zoo.twin5 import twin5

Body = Callable[[keras.KerasTensor, int], keras.KerasTensor]

OWN: dict[str, Body] = {
    "ann": ann,
    "chexnet": chexnet,
    "cnn4": cnn4,
    "cnn4_bn": cnn4_bn,
    "cnn4_bn_dropout": cnn4_bn_dropout,
    "cnn_deep": cnn_deep,
    "minivggnet": minivggnet,
    "twin5": twin5,
}
ZOO: dict[str, Body] = OWN | {name: partial(application, name) for name in APPLICATIONS}


def build_classifier(
    name: str, size_px: int, n_classes: int, augment: AugmentParams, seed: int
) -> keras.Model:
    """Build an untrained network of the zoo.

    Args:
        name: A key of `ZOO`.
        size_px: Side of the square input.
        n_classes: Number of classes.
        augment: Random changes to training films; the layers do nothing at prediction.
        seed: Seed of the random layers.

    Returns:
        Model: images (B, size_px, size_px, 1) uint8 in [0, 255] -> probabilities
        (B, n_classes) float32. Layer `logits` stands before the softmax.

    Raises:
        TrainingError: No network of that name, or it cannot take films so small.
    """
    if name not in ZOO:
        raise TrainingError(
            "every name under `models` is a network of the zoo",
            found=name,
            where="params.yaml: models",
            next_step=f"choose from: {', '.join(sorted(OWN))}; of keras.applications: "
            f"{', '.join(sorted(APPLICATIONS))}",
        )
    images = keras.Input((size_px, size_px, 1), dtype="uint8", name="images")
    x = layers.Rescaling(1 / 255, dtype="float32", name="rescale")(images)
    for layer in augmentation_layers(augment, seed):
        x = layer(x)
    try:
        logits = ZOO[name](x, n_classes)
    except ValueError as error:  # Keras: the films end before the network does
        raise TrainingError(
            "a network must be able to take films of the size that `resize` makes",
            found=f"{size_px} px: {' '.join(str(error).split())}",
            where=f"network {name}",
            next_step="raise resize.size_px, or take another network",
        ) from error
    probabilities = layers.Softmax(dtype="float32", name="predictions")(logits)
    return classifier_model(images, probabilities, name, augment)
