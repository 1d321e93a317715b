"""The zoo: every network by its name, wrapped the same way from uint8 pixels to probabilities."""

from collections.abc import Callable

import keras
from keras import layers

from tasks.errors import TrainingError
from tasks.params import AugmentParams
from tasks.train.augmentation import augmentation_layers, classifier_model
from tasks.train.minivggnet import minivggnet

Body = Callable[[keras.KerasTensor, int], keras.KerasTensor]

ZOO: dict[str, Body] = {"minivggnet": minivggnet}


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
        TrainingError: No network of that name.
    """
    if name not in ZOO:
        raise TrainingError(
            "every name under `models` is a network of the zoo",
            found=name,
            where="params.yaml: models",
            next_step=f"choose from: {', '.join(sorted(ZOO))}",
        )
    images = keras.Input((size_px, size_px, 1), dtype="uint8", name="images")
    x = layers.Rescaling(1 / 255, dtype="float32", name="rescale")(images)
    for layer in augmentation_layers(augment, seed):
        x = layer(x)
    logits = ZOO[name](x, n_classes)
    probabilities = layers.Softmax(dtype="float32", name="predictions")(logits)
    return classifier_model(images, probabilities, name, augment)
