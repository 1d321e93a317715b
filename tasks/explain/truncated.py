"""A copy of a classifier that ends at its logits and returns its feature maps.

The original model keeps its weights, its layers and its graph.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.core.classifier import LOGITS_LAYER
from tasks.core.errors import EvaluationError
from tasks.core.square_views import (
    VIEW_ROWS,
    VIEW_SHARE,
    VIEW_SUM,
    VIEWS_LAYER,
    ViewBox,
    boxes_of,
)

# SeparableConv2D and DepthwiseConv2D are not subclasses of Conv2D
_CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)
_MEAN_OF_VIEWS = (VIEW_SHARE, VIEW_ROWS, VIEW_SUM)  # ends of names
_LOGITS_OF_NETWORK = re.compile(rf"seed(\d+)_{LOGITS_LAYER}")  # of one of several averaged networks


@dataclass(frozen=True)
class TruncatedNetwork:
    """A float32 copy of a classifier that also returns its feature maps.

    network: images (B, H, W, C), uint8 or as asked of `truncate` -> [maps of each convolution, ...,
        logits]; maps (B, h, w, n_channels) float32, logits (B, n_classes) float32. The maps come
        after the ReLU that follows the convolution, also with batch normalisation in between;
        without a ReLU they are the output of the convolution. If several networks are averaged,
        the maps are those of the first network, followed by the last maps of each other network.
    head: [images, last maps of each network] -> logits: the part of the network behind these maps.
        Without a convolution it takes [images].
    layers: names of the convolutions, from input to output; empty for a dense network.
    first_layer, first_kernel: the first convolution and its weights (kh, kw, n_in, n_out) float32.
        In a network without a convolution it is the dense layer on the pixels, and its kernel is
        as large as the film.
    boxes: where the views of a film lie. With V views the maps of a batch are (V * B, h, w,
        n_channels): those of all films whole, then those of each crop of all films.
    """

    network: keras.Model
    head: keras.Model
    layers: tuple[str, ...]
    first_layer: str
    first_kernel: NDArray[np.float32]
    boxes: tuple[ViewBox, ...]


@dataclass(frozen=True)
class _Call:
    """One call of a layer: its name in the model, its copy, input tensors and output tensor."""

    name: str
    layer: keras.layers.Layer
    inputs: tuple[int, ...]  # ids of symbolic tensors
    output: Any


@dataclass
class _GraphCopy:
    """Copies a graph layer by layer, including nested models, and records every call.

    All copies compute in float32, also those of a model that was trained in half precision.
    originals: the original layer of each copy. is_whole: whether the copy leaves out the views.
    """

    is_whole: bool = False

    calls: list[_Call] = field(default_factory=list)
    originals: dict[keras.layers.Layer, keras.layers.Layer] = field(default_factory=dict)

    def copy_layer(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.Model):
            return layer  # `call` copies its layers
        # averaged networks have layers of equal name; names in one graph must differ
        name = f"{layer.name}_{len(self.originals)}"
        config = {**layer.get_config(), "name": name}
        if isinstance(layer, keras.layers.Layer):  # a bare operation, such as a sum, has no type
            config["dtype"] = "float32"
        copy = type(layer).from_config(config)
        self.originals[copy] = layer
        return copy

    def call(self, layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        if isinstance(layer, keras.Sequential):
            tensor = args[0]
            for inner in layer.layers:
                tensor = self.call(self.copy_layer(inner), tensor)
            return tensor
        if isinstance(layer, keras.Model):
            keras.models.clone_model(
                layer,
                input_tensors=args[0],
                clone_function=self.copy_layer,
                call_function=self.call,
            )
            return self.calls[-1].output  # calls are recorded from input to output
        if self.is_whole and self.originals[layer].name == VIEWS_LAYER:
            return args[0][0]
        if self.is_whole and self.originals[layer].name.endswith(_MEAN_OF_VIEWS):
            return args[0]
        output = layer(*args, **kwargs)
        inputs = tuple(id(tensor) for tensor in keras.tree.flatten((args, kwargs)))
        self.calls.append(_Call(self.originals[layer].name, layer, inputs, output))
        return output


def truncate(
    model: keras.Model,
    pixels: Literal["uint8", "float32"] = "uint8",
    *,
    is_whole: bool = False,
) -> TruncatedNetwork:
    """Copy a classifier into a network that returns feature maps and logits.

    Args:
        model: Functional or sequential, from `tasks.core.classifier.load_classifier`. It may
            contain other models as layers. It is not changed.
        pixels: Type of the input, in [0, 255]. Gradients stop at whole numbers: take float32 to
            differentiate with respect to the pixels.
        is_whole: Whether to leave out the views of the film other than the whole square.

    Raises:
        EvaluationError: The model has no layer `logits`, or neither a 2-D convolution nor a dense
            layer on its pixels.
    """
    images, copy = _copy_graph(model, pixels, is_whole=is_whole)
    boxes = boxes_of(model)
    logits = [call for call in copy.calls if call.name == LOGITS_LAYER][-1:]
    networks = [_convolutions_before(end, copy.calls) for end in _ends(copy.calls) or logits]
    convolutions = networks[0] if networks else []
    first = convolutions[:1] or _dense_on_pixels(copy.calls, model.input_shape)
    if not first or not logits:
        raise _nothing_to_explain(model, copy.calls)
    others = [calls[-1] for calls in networks[1:] if calls]
    maps = [_rectified(call, copy.calls) for call in (*convolutions, *others)]
    output = logits[0].output
    kernel = np.asarray(first[0].layer.get_weights()[0], dtype=np.float32)
    return TruncatedNetwork(
        network=keras.Model(images, [*maps, output]),
        head=keras.Model([images, *maps[len(convolutions) - 1 :]], output),
        layers=tuple(call.name for call in convolutions),
        first_layer=first[0].name,
        first_kernel=kernel if convolutions else kernel.reshape(*model.input_shape[1:], -1),
        boxes=boxes[:1] if is_whole else boxes,
    )


def _copy_graph(model: keras.Model, pixels: str, *, is_whole: bool) -> tuple[Any, _GraphCopy]:
    """Copy all layers up to `logits`, with their weights. Returns the symbolic input and the copy.

    The layers behind them refuse films; the first dense layer is looked for in the network alone.
    """
    if LOGITS_LAYER in [layer.name for layer in model.layers] and len(model.layers) > 1:
        model = keras.Model(model.input, model.get_layer(LOGITS_LAYER).output)
    images = keras.Input(batch_shape=model.input_shape, dtype=pixels)
    copy = _GraphCopy(is_whole)
    if isinstance(model, keras.Sequential):
        copy.call(model, images)
    else:
        keras.models.clone_model(
            model, input_tensors=images, clone_function=copy.copy_layer, call_function=copy.call
        )
    for twin, original in copy.originals.items():
        if isinstance(twin, keras.layers.Layer):
            twin.set_weights(original.get_weights())
    return images, copy


def _ends(calls: list[_Call]) -> list[_Call]:
    """Logits of each averaged network, in the order of the networks. Empty for one network."""
    found = {match[1]: call for call in calls if (match := _LOGITS_OF_NETWORK.fullmatch(call.name))}
    return [found[number] for number in sorted(found, key=int)]


def _nothing_to_explain(model: keras.Model, calls: list[_Call]) -> EvaluationError:
    return EvaluationError(
        f"a model to explain has a layer `{LOGITS_LAYER}`, and a 2-D convolution or a dense layer"
        " on its pixels",
        found=f"layers {', '.join(call.name for call in calls)}",
        where=f"model {model.name}",
        next_step="use a model of `models` in params.yaml, or build it as tasks/train does",
    )


def _convolutions_before(end: _Call, calls: list[_Call]) -> list[_Call]:
    """The convolutions that a call depends on, from input to output."""
    needed = set(end.inputs)
    found = []
    for call in reversed(calls):
        if id(call.output) in needed:
            needed.update(call.inputs)
            found.append(call)
    return [call for call in reversed(found) if isinstance(call.layer, _CONVOLUTIONS)]


def _dense_on_pixels(calls: list[_Call], input_shape: Sequence[int]) -> list[_Call]:
    """The first dense layer, if it has one weight for each pixel of the film; else empty."""
    first = [call for call in calls if isinstance(call.layer, keras.layers.Dense)][:1]
    n_values = np.prod(input_shape[1:])
    return [call for call in first if call.layer.kernel.shape[0] == n_values]


def _rectified(convolution: _Call, calls: list[_Call]) -> Any:
    """Output of the ReLU that follows a convolution, or of the convolution itself."""
    tensor = convolution.output
    while True:
        readers = [call for call in calls if id(tensor) in call.inputs]
        if len(readers) != 1:
            return convolution.output
        if _is_relu(readers[0].layer):
            return readers[0].output
        if not isinstance(readers[0].layer, keras.layers.BatchNormalization):
            return convolution.output
        tensor = readers[0].output


def _is_relu(layer: keras.layers.Layer) -> bool:
    if isinstance(layer, keras.layers.Activation):
        return layer.activation in {keras.activations.relu, keras.activations.relu6}
    return isinstance(layer, keras.layers.ReLU)
