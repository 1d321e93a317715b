"""Networks of several seeds as one network: the mean of their logits."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
from keras import layers

from tasks.core.classifier import LOGITS_LAYER
from tasks.train.transforms.layers import AUGMENTATION


def average_logits(models: Sequence[keras.Model]) -> keras.Model:
    """Build one network whose logits are the mean of the logits of several networks.

    Layers of the first network keep their names. Names of network k, from 1, begin with
    `seed<k>_`. The softmax of mean logits is the geometric mean of the probabilities, rescaled.

    Args:
        models: Networks that differ in their seed: images (B, H, W, 1) uint8 -> probabilities,
            with a layer `logits` before the softmax. They are copied without their augmentation
            layers. A single network is returned as it is.

    Returns:
        Model with the same input, output and name.
    """
    if len(models) == 1:
        return models[0]
    first = models[0].input
    images = keras.Input(first.shape[1:], dtype=first.dtype, name=first.name)
    logits = [_copied_logits(model, images, number) for number, model in enumerate(models)]
    mean = layers.Average(dtype="float32", name=LOGITS_LAYER)(logits)
    probabilities = layers.Softmax(dtype="float32", name="predictions")(mean)
    return keras.Model(images, probabilities, name=models[0].name)


def skip_augmentation(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
    """Call a layer while a network is copied; pass the input on if the layer is augmentation."""
    return args[0] if AUGMENTATION in layer.name else layer(*args, **kwargs)


def _copied_logits(model: keras.Model, images: keras.KerasTensor, number: int) -> keras.KerasTensor:
    """Logits of a copy of one network, with the weights of the original."""
    to_logits = keras.Model(model.input, model.get_layer(LOGITS_LAYER).output)
    copy = keras.models.clone_model(
        to_logits,
        images,
        clone_function=partial(_renamed, number=number),
        call_function=skip_augmentation,
    )
    for layer in to_logits.layers:
        if AUGMENTATION not in layer.name and layer.weights:
            copy.get_layer(_name(layer, number)).set_weights(layer.get_weights())
    return copy.output


def _renamed(layer: keras.Layer, number: int) -> keras.Layer:
    if AUGMENTATION in layer.name:
        return layer  # `skip_augmentation` does not call it
    return type(layer).from_config({**layer.get_config(), "name": _name(layer, number)})


def _name(layer: keras.Layer, number: int) -> str:
    return f"seed{number}_{layer.name}" if number or layer.name == LOGITS_LAYER else layer.name
