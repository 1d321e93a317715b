"""Whether heat maps of a network are exact without gradients: decided from its graph.

The maps are the last values of the network that still have places, (B, h, w, c): the output of its
last convolution, after activation, normalisation and pooling. If only linear layers lie between
them and the logits, then logit k is a bias plus the sum of maps x weights, place by place: the
class activation map. Otherwise a program covers parts of the film instead (occlusion).

Source: Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016 (class
activation maps); Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV
2014 (occlusion).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from tasks.core.classifier import LOGITS_LAYER
from tasks.core.onnx_file import CLASS_ACTIVATION_MAP, OCCLUSION
from tasks.core.square_views import VIEW_ROWS, VIEW_SUM

_PLACES_AND_CHANNELS = 4  # axes of (B, h, w, c)
_CONVOLUTIONS = (
    *(layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D),
    layers.Conv2DTranspose,
)
# At prediction, each is a matrix and a bias
_LINEAR = (
    *(layers.Flatten, layers.Reshape, layers.Dropout, layers.SpatialDropout2D, layers.Identity),
    *(layers.GlobalAveragePooling2D, layers.AveragePooling2D, layers.ZeroPadding2D),
    *(layers.BatchNormalization, layers.Rescaling),
)


@dataclass(frozen=True)
class HeadOfNetwork:
    """What lies behind the last maps of one network.

    logits, features: output and input of the layer of the logits. maps: the last maps; None
    without a convolution. layers: from the maps of one view to the logits, one after another; empty
    if there are branches. The sum over the views is left out, which has no weights.
    """

    logits: Any
    features: Any
    maps: Any | None
    layers: tuple[keras.Layer, ...]


@dataclass(frozen=True)
class HeatWay:
    """How heat maps are made. weights: (h, w, c, k), or (c, k) if equal at all places; float32."""

    method: str
    reason: str
    weights: NDArray[np.float32] | None = None


def heads_of(model: keras.Model) -> list[HeadOfNetwork]:
    """The head of each averaged network, or of the only one.

    Args:
        model: images -> probabilities, with a layer `logits`, as the stage `train` saves it.
    """
    logits = model.get_layer(LOGITS_LAYER)
    inputs = keras.tree.flatten(logits.input)
    ends = inputs if isinstance(logits, layers.Average) else [logits.output]
    return [_head_of(end) for end in ends]


def heat_of(heads: Sequence[HeadOfNetwork], n_views: int = 1) -> HeatWay:
    """Class activation maps where every head is linear, else occlusion.

    Args:
        heads: From `heads_of`.
        n_views: Views of a film, each with maps of its own; the weights are those of one view.
    """
    if heads[0].maps is None:
        return HeatWay(OCCLUSION, "the network has no convolution, or its last maps have one place")
    if not all(head.layers for head in heads):
        return HeatWay(OCCLUSION, "the layers between the last maps and the logits have branches")
    curved = [layer.name for head in heads for layer in head.layers if not _is_linear(layer)]
    if curved:
        reason = f"layer {curved[0]} lies between the last maps and the logits, and is not linear"
        return HeatWay(OCCLUSION, reason)
    names = ", ".join(layer.name for layer in heads[0].layers)
    reason = f"only linear layers lie between the last maps and the logits: {names}"
    if n_views > 1:
        reason += f"; the maps of {n_views} views of the film are added, each at its place"
    weights = [_weights_of(head) / len(heads) for head in heads]
    return HeatWay(CLASS_ACTIVATION_MAP, reason, _shared_by_places(np.concatenate(weights, axis=2)))


def _head_of(end: Any) -> HeadOfNetwork:
    _, features = _source_of(end)
    maps = _last_maps(end)
    path = () if maps is None else _path(maps, end)
    return HeadOfNetwork(end, features[0], maps, path)


def _last_maps(end: Any) -> Any | None:
    """The nearest tensor before `end` with more than one place, if a convolution made it."""
    waiting = deque([end])
    while waiting:
        tensor = waiting.popleft()
        shape = tensor.shape
        if len(shape) == _PLACES_AND_CHANNELS and shape[1] * shape[2] > 1:
            return tensor if _has_convolution(tensor) else None
        waiting.extend(_source_of(tensor)[1])
    return None


def _has_convolution(tensor: Any) -> bool:
    waiting, seen = deque([tensor]), set()
    while waiting:
        operation, inputs = _source_of(waiting.popleft())
        if id(operation) not in seen:
            seen.add(id(operation))
            inner = operation._flatten_layers() if isinstance(operation, keras.Layer) else ()
            if any(isinstance(layer, _CONVOLUTIONS) for layer in inner):
                return True
            waiting.extend(inputs)
    return False


def _path(maps: Any, end: Any) -> tuple[keras.Layer, ...]:
    """Layers from `maps` to `end`; empty if one of them has several inputs."""
    path: list[keras.Layer] = []
    while end is not maps:
        layer, inputs = _source_of(end)
        if len(inputs) != 1:
            return ()
        if not layer.name.endswith((VIEW_ROWS, VIEW_SUM)):
            path.insert(0, layer)
        end = inputs[0]
    return tuple(path)


def _source_of(tensor: Any) -> tuple[Any, list[Any]]:
    """The operation that made a symbolic tensor, and the inputs of that call."""
    operation, node, _ = tensor._keras_history
    return operation, operation._inbound_nodes[node].input_tensors


def _is_linear(layer: keras.Layer) -> bool:
    if isinstance(layer, layers.Dense | layers.Activation):
        return layer.activation is keras.activations.linear
    return isinstance(layer, _LINEAR)


def _weights_of(head: HeadOfNetwork) -> NDArray[np.float32]:
    """Derivative of each logit with respect to the maps, which is the same at all maps."""
    import tensorflow as tf

    maps = tf.zeros((1, *head.layers[0].input.shape[1:]))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(maps)
        outputs = maps
        for layer in head.layers:
            outputs = layer(outputs)
    rows = tape.jacobian(outputs, maps, experimental_use_pfor=False)  # (1, k, 1, h, w, c)
    weights: NDArray[np.float32] = np.moveaxis(rows.numpy()[0, :, 0], 0, -1)
    return weights


def _shared_by_places(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, c, k) -> (c, k) if all places have equal weights."""
    first = weights[0, 0]
    return first if (weights == first).all() else weights
