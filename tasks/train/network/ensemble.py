"""Networks of several seeds, and several views of each film: the mean of their logits."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
from keras import layers

from tasks.core.classifier import LOGITS_LAYER
from tasks.train.network.folded_views import fold_views, mean_of_views
from tasks.train.transforms.layers import AUGMENTATION


def average_logits(models: Sequence[keras.Model], n_views: int = 1) -> keras.Model:
    """Build one network whose logits are the mean of the logits of several networks and views.

    Layers of the first network keep their names. Names of network k, from 1, begin with
    `seed<k>_`. The softmax of mean logits is the geometric mean of the probabilities, rescaled.

    Args:
        models: Networks that differ in their seed: images (B, H, W, 1) uint8 -> probabilities,
            with a dense layer `logits` before the softmax. They are copied without their
            augmentation layers. A single network with one view is returned as it is.
        n_views: Views of each film, which every network gets: see `view_boxes`.

    Returns:
        Model with the same input, output and name.
    """
    if len(models) == 1 and n_views == 1:
        return models[0]
    first = models[0].input
    images = keras.Input(first.shape[1:], dtype=first.dtype, name=first.name)
    views = _Views(images, fold_views(images, n_views), n_views)
    numbers: Sequence[int | None] = range(len(models)) if len(models) > 1 else [None]
    logits = [
        _copied_logits(model, views, number) for model, number in zip(models, numbers, strict=True)
    ]
    mean = logits[0]
    if len(logits) > 1:
        mean = layers.Average(dtype="float32", name=LOGITS_LAYER)(logits)
    probabilities = layers.Softmax(dtype="float32", name="predictions")(mean)
    return keras.Model(images, probabilities, name=models[0].name)


def skip_augmentation(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
    """Call a layer while a network is copied; pass the input on if the layer is augmentation."""
    return args[0] if AUGMENTATION in layer.name else layer(*args, **kwargs)


@dataclass(frozen=True)
class _Views:
    """The films, and the squares of `fold_views` that each network gets in their place."""

    images: keras.KerasTensor
    squares: keras.KerasTensor
    n_views: int

    def call(self, layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
        """Call a layer of a copy: on the squares, or on the mean over the views for the logits."""
        first = self.squares if args[0] is self.images else args[0]
        if layer.name.endswith(LOGITS_LAYER):
            prefix = layer.name.removesuffix(LOGITS_LAYER)
            first = mean_of_views(first, self.n_views, prefix)
        return skip_augmentation(layer, first, *args[1:], **kwargs)


def _copied_logits(model: keras.Model, views: _Views, number: int | None) -> keras.KerasTensor:
    """Logits of a copy of one network, with the weights of the original; number None: the only."""
    to_logits = keras.Model(model.input, model.get_layer(LOGITS_LAYER).output)
    copy = keras.models.clone_model(
        to_logits,
        views.images,
        clone_function=partial(_renamed, number=number),
        call_function=views.call,
    )
    for layer in to_logits.layers:
        if AUGMENTATION not in layer.name and layer.weights:
            copy.get_layer(_name(layer, number)).set_weights(layer.get_weights())
    return copy.output


def _renamed(layer: keras.Layer, number: int | None) -> keras.Layer:
    if AUGMENTATION in layer.name:
        return layer  # `skip_augmentation` does not call it
    return type(layer).from_config({**layer.get_config(), "name": _name(layer, number)})


def _name(layer: keras.Layer, number: int | None) -> str:
    is_renamed = number or (number == 0 and layer.name == LOGITS_LAYER)
    return f"seed{number}_{layer.name}" if is_renamed else layer.name
