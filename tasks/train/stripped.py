"""A network without what only training needs."""

from typing import Any

import keras

from tasks.train.zoo.batch_norm import FusedBatchNorm, of_keras

AUGMENTATION = "augment_"  # in the name of every layer that only changes training films


def skip_augmentation(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
    """Call a layer of a graph that is copied, or give its input on if it changes training films."""
    return args[0] if AUGMENTATION in layer.name else layer(*args, **kwargs)


def without_augmentation(model: keras.Model) -> keras.Model:
    """The same network without optimiser and without layers with `augment_` in their name.

    Such layers do nothing at prediction; the moments of an optimiser would make a file three times
    as large. Batches are normalised by Keras' own layer: a file holds no code of ours.
    """
    graph = keras.Model(model.input, model.output, name=model.name)
    copy = keras.models.clone_model(graph, clone_function=of_keras, call_function=skip_augmentation)
    for layer in graph.layers:
        if isinstance(layer, FusedBatchNorm):
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy
