"""Networks of several seeds as one: the mean of their logits."""

from collections.abc import Sequence
from functools import partial

import keras
from keras import layers

from tasks.core.classifier import LOGITS_LAYER
from tasks.train.stripped import AUGMENTATION, skip_augmentation


def average_logits(models: Sequence[keras.Model]) -> keras.Model:
    """One network whose logits are the mean of those of networks that differ in their seed.

    Layers of the first keep their names; those of network k, from 1, begin with `seed<k>_`. The
    mean of logits is the geometric mean of probabilities, rescaled.

    Args:
        models: Images (B, H, W, 1) uint8 -> probabilities, with a layer `logits` before the
            softmax. They are copied without what changes training films; one network alone is given
            back as it is.

    Returns:
        Model of the same form and name.
    """
    if len(models) == 1:
        return models[0]
    first = models[0].input
    images = keras.Input(first.shape[1:], dtype=first.dtype, name=first.name)
    logits = []
    for number, model in enumerate(models):
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
        logits.append(copy.output)
    mean = layers.Average(dtype="float32", name=LOGITS_LAYER)(logits)
    probabilities = layers.Softmax(dtype="float32", name="predictions")(mean)
    return keras.Model(images, probabilities, name=models[0].name)


def _renamed(layer: keras.Layer, number: int) -> keras.Layer:
    if AUGMENTATION in layer.name:
        return layer  # it is not called
    return type(layer).from_config({**layer.get_config(), "name": _name(layer, number)})


def _name(layer: keras.Layer, number: int) -> str:
    return f"seed{number}_{layer.name}" if number or layer.name == LOGITS_LAYER else layer.name
