"""A float32 copy of a trained classifier with all outputs of the ONNX file."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers, ops

from tasks.core.onnx_file import FEATURES, LOGITS, MAPS, PROBABILITIES
from tasks.core.square_views import boxes_of
from tasks.train.onnx.heat_weights import HeadOfNetwork

_HALF = ("float16", "bfloat16")


def has_half_precision(model: keras.Model) -> bool:
    """Whether a layer computes in float16 or bfloat16.

    Args:
        model: From `load_classifier`.
    """
    return any(layer.compute_dtype in _HALF for layer in model._flatten_layers())


def in_float32(model: keras.Model) -> keras.Model:
    """Copy a network so that every layer computes in float32; its weights are float32 already.

    ONNX Runtime has few operators in half precision on a CPU, and none in bfloat16.

    Args:
        model: From `load_classifier`.
    """
    copy = type(model).from_config(_without_half_precision(model.get_config()))
    copy.set_weights(model.get_weights())
    return copy


def with_all_outputs(model: keras.Model, heads: list[HeadOfNetwork]) -> keras.Model:
    """Give a classifier the outputs of the ONNX file, by name; each float32.

    Args:
        model: From `in_float32`.
        heads: Of this model.
    """
    outputs: dict[str, Any] = {
        LOGITS: model.get_layer(LOGITS).output,
        PROBABILITIES: model.output,
        FEATURES: layers.Flatten(name="flat_features")(heads[0].features),
    }
    maps = [head.maps for head in heads if head.maps is not None]
    if maps:
        rows = layers.Concatenate(name="all_maps")(maps) if len(maps) > 1 else maps[0]
        outputs[MAPS] = _by_film(rows, len(boxes_of(model)))
    return keras.Model(model.input, outputs, name=model.name)


def _by_film(maps: Any, n_views: int) -> Any:
    """Maps (V * B, h, w, c) as (B, V, h, w, c); as they are with one view."""
    if n_views == 1:
        return maps
    return ops.moveaxis(ops.reshape(maps, (n_views, -1, *maps.shape[1:])), 0, 1)


def _without_half_precision(config: Any) -> Any:
    if isinstance(config, Mapping):
        if config.get("class_name") == "DTypePolicy":
            return {**config, "config": {"name": "float32"}}
        return {key: _without_half_precision(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(_without_half_precision(value) for value in config)
    return config
