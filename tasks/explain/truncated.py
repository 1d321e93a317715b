"""The network cut off at its logits, with every convolution's feature maps as further outputs.

It is a copy: the model it is made from keeps its weights, its layers and its graph.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.core.classifier import LOGITS_LAYER
from tasks.core.errors import EvaluationError

# SeparableConv2D and DepthwiseConv2D are no subclasses of Conv2D
CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)
MEMBER = re.compile(rf"seed(\d+)_{LOGITS_LAYER}")  # of one network of several that are averaged


@dataclass(frozen=True)
class Truncated:
    """A float32 copy of a classifier that also returns what it computes on the way.

    network: images (B, H, W, C) uint8 -> [maps of convolution 0, ..., of the last one, logits], or
        logits alone where there is no convolution; maps (B, h, w, n_channels) float32, logits
        (B, n_classes) float32. Maps are taken after the ReLU that follows a convolution, where
        one does (batch normalisation may stand between), else as the convolution gives them.
        Where several networks are averaged the maps are those of the first; the last ones of each
        other network follow, before the logits.
    layers: names of the convolutions, from input to output; a dense network has none.
    first_layer, first_kernel: the first convolution and its weights (kh, kw, n_in, n_out) float32;
        without a convolution the dense layer on the pixels, whose kernel is as large as the film.
    """

    network: keras.Model
    layers: tuple[str, ...]
    first_layer: str
    first_kernel: NDArray[np.float32]


@dataclass(frozen=True)
class _Call:
    """One layer at work: its name in the model, its copy, the tensors that went in and came out."""

    name: str
    layer: keras.layers.Layer
    inputs: tuple[int, ...]  # ids of symbolic tensors
    output: Any


@dataclass
class _Copy:
    """Copies a graph layer by layer, steps into nested models, and keeps every call.

    All layers compute in float32, whatever precision the model was trained in. origins: the layer
    that each copy was made from.
    """

    calls: list[_Call] = field(default_factory=list)
    origins: dict[keras.layers.Layer, keras.layers.Layer] = field(default_factory=dict)

    def copy_layer(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.Model):
            return layer  # `call` takes it apart
        # the nested models of averaged networks share names, and no graph holds a name twice
        name = f"{layer.name}_{len(self.origins)}"
        config = {**layer.get_config(), "dtype": "float32", "name": name}
        copy = type(layer).from_config(config)
        self.origins[copy] = layer
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
            return self.calls[-1].output  # the graph is walked from input to output
        output = layer(*args, **kwargs)
        inputs = tuple(id(tensor) for tensor in keras.tree.flatten((args, kwargs)))
        self.calls.append(_Call(self.origins[layer].name, layer, inputs, output))
        return output


def truncate(model: keras.Model) -> Truncated:
    """Copy a classifier into a network that returns feature maps and logits.

    Args:
        model: Functional or sequential, from `tasks.core.classifier.load_classifier`; it may hold
            other models as layers. It is not changed.

    Raises:
        EvaluationError: The model has no layer `logits`, or neither a 2-D convolution nor a dense
            layer on its pixels.
    """
    inputs = keras.Input(batch_shape=model.input_shape, dtype=model.input.dtype)
    copy = _Copy()
    if isinstance(model, keras.Sequential):
        copy.call(model, inputs)
    else:
        keras.models.clone_model(
            model, input_tensors=inputs, clone_function=copy.copy_layer, call_function=copy.call
        )
    for twin, origin in copy.origins.items():
        twin.set_weights(origin.get_weights())
    logits = [call for call in copy.calls if call.name == LOGITS_LAYER][-1:]
    members = {match[1]: call for call in copy.calls if (match := MEMBER.fullmatch(call.name))}
    ends = [members[number] for number in sorted(members, key=int)] or logits
    networks = [_convolutions_before(end, copy.calls) for end in ends]
    convolutions = networks[0] if networks else []
    first = convolutions[:1] or _dense_on_pixels(copy.calls, model.input_shape)
    if not first or not logits:
        raise EvaluationError(
            "a model to explain has a 2-D convolution, or else a dense layer on its pixels, and a"
            f" layer `{LOGITS_LAYER}`",
            found=f"layers {', '.join(call.name for call in copy.calls)}",
            where=f"model {model.name}",
            next_step="take it from `models` in params.yaml, or build it as tasks/train does",
        )
    others = [calls[-1] for calls in networks[1:] if calls]
    maps = [_rectified(call, copy.calls) for call in (*convolutions, *others)]
    network = keras.Model(inputs, [*maps, logits[0].output])
    kernel = np.asarray(first[0].layer.get_weights()[0], dtype=np.float32)
    return Truncated(
        network=network,
        layers=tuple(call.name for call in convolutions),
        first_layer=first[0].name,
        first_kernel=kernel if convolutions else kernel.reshape(*model.input_shape[1:], -1),
    )


def _convolutions_before(end: _Call, calls: list[_Call]) -> list[_Call]:
    """The convolutions that a call depends on, from input to output."""
    needed = set(end.inputs)
    found = []
    for call in reversed(calls):
        if id(call.output) in needed:
            needed.update(call.inputs)
            found.append(call)
    return [call for call in reversed(found) if isinstance(call.layer, CONVOLUTIONS)]


def _dense_on_pixels(calls: list[_Call], input_shape: Sequence[int]) -> list[_Call]:
    """The first dense layer, if it has a weight for each value of the film, else none."""
    first = [call for call in calls if isinstance(call.layer, keras.layers.Dense)][:1]
    n_values = np.prod(input_shape[1:])
    return [call for call in first if call.layer.kernel.shape[0] == n_values]


def _rectified(convolution: _Call, calls: list[_Call]) -> Any:
    """Output of the ReLU behind a convolution, or of the convolution itself."""
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
