"""Networks of several seeds as one: the mean of their logits."""

from collections.abc import Callable, Sequence

import keras
from keras import layers

from tasks.classifier import LOGITS_LAYER


def average_logits(models: Sequence[keras.Model]) -> keras.Model:
    """One network whose logits are the mean of those of networks that differ in their seed.

    Layers of the first keep their names; those of network k, from 1, begin with `seed<k>_`. The
    mean of logits is the geometric mean of probabilities, rescaled.

    Args:
        models: Images (B, H, W, 1) uint8 -> probabilities, with a layer `logits` before the
            softmax. They are copied; one network alone is given back as it is.

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
        copy = keras.models.clone_model(to_logits, images, clone_function=_renamed(number))
        copy.set_weights(to_logits.get_weights())
        logits.append(copy.output)
    mean = layers.Average(dtype="float32", name=LOGITS_LAYER)(logits)
    probabilities = layers.Softmax(dtype="float32", name="predictions")(mean)
    return keras.Model(images, probabilities, name=models[0].name)


def _renamed(number: int) -> Callable[[keras.Layer], keras.Layer]:
    def copy(layer: keras.Layer) -> keras.Layer:
        name = f"seed{number}_{layer.name}" if number or layer.name == LOGITS_LAYER else layer.name
        return type(layer).from_config({**layer.get_config(), "name": name})

    return copy
