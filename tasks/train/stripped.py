"""A network without what only training needs."""

from typing import Any

import keras

AUGMENTATION = "augment_"  # in the name of every layer that only changes training films


def skip_augmentation(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
    """Call a layer of a graph that is copied, or give its input on if it changes training films."""
    return args[0] if AUGMENTATION in layer.name else layer(*args, **kwargs)


def without_augmentation(model: keras.Model) -> keras.Model:
    """The same network without optimiser and without layers with `augment_` in their name.

    Such layers do nothing at prediction; the moments of an optimiser would make a file three times
    as large.
    """
    graph = keras.Model(model.input, model.output, name=model.name)
    return keras.models.clone_model(
        graph, clone_function=lambda layer: layer, call_function=skip_augmentation
    )
