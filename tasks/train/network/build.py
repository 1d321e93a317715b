"""A classifier by the name of its network, from uint8 pixels to probabilities."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import keras
from keras import layers

from tasks.core.errors import TrainingError
from tasks.core.params import AugmentParams
from tasks.train import zoo
from tasks.train.network.style_mixing import logits_with_mixstyle
from tasks.train.transforms.layers import augmentation_layers, mixstyle_layer
from tasks.train.transforms.mixup import classifier_model
from tasks.train.transforms.presets import resolve

Network = Callable[[keras.KerasTensor, int], keras.KerasTensor]  # pixels, n_classes -> logits


def network_names() -> list[str]:
    """Names that `models` may hold: the files of the zoo, sorted."""
    files = (path for folder in zoo.__path__ for path in Path(folder).glob("[a-z]*.py"))
    return sorted(path.stem for path in files)


def find_network(name: str) -> Network:
    """Import one network of the zoo, and no other.

    Raises:
        TrainingError: There is no file of that name, or the file does not define the name.
    """
    if name not in network_names():
        raise TrainingError(
            "every name under `models` must be a network of the zoo",
            found=name,
            where="params.yaml: models",
            next_step=f"choose one of {', '.join(network_names())}; or add a file {name}.py to "
            "tasks/train/zoo",
        )
    network: Network | None = getattr(import_module(f"tasks.train.zoo.{name}"), name, None)
    if network is None:
        raise TrainingError(
            "a file of the zoo must define a network with the name of the file",
            found=f"no `{name}`",
            where=f"tasks/train/zoo/{name}.py",
            next_step=f"rename its function to `{name}`",
        )
    return network


def build_classifier(
    name: str, size_px: int, n_classes: int, augment: AugmentParams, seed: int
) -> keras.Model:
    """Build an untrained classifier.

    Args:
        name: Network of the zoo.
        size_px: Side of the square input.
        n_classes: Number of classes.
        augment: Section `train.augment`; its layers do nothing at prediction.
        seed: Seed of the augmentation layers.

    Returns:
        Model: images (B, size_px, size_px, 1) uint8 in [0, 255] -> probabilities
        (B, n_classes) float32. Layer `logits` comes before the softmax.

    Raises:
        TrainingError: The zoo has no such network, the films are too small for it, or it has no
            place for MixStyle.
    """
    network = find_network(name)
    images = keras.Input((size_px, size_px, 1), dtype="uint8", name="images")
    x = layers.Rescaling(1 / 255, dtype="float32", name="rescale")(images)
    augmentation = resolve(augment)
    for layer in augmentation_layers(augmentation, seed):
        x = layer(x)
    try:
        if augmentation.mixstyle:
            plain = keras.Input(x.shape[1:])
            body = keras.Model(plain, network(plain, n_classes), name=name)
            logits = logits_with_mixstyle(body, x, mixstyle_layer(augmentation, seed))
        else:
            logits = network(x, n_classes)
    except ValueError as error:  # Keras: a layer has no pixels left
        raise TrainingError(
            "a network must accept films of the size that `resize` makes",
            found=f"{size_px} px: {' '.join(str(error).split())}",
            where=f"network {name}",
            next_step="raise resize.size_px, or choose another network",
        ) from error
    probabilities = layers.Softmax(dtype="float32", name="predictions")(logits)
    return classifier_model(images, probabilities, name, augmentation)
