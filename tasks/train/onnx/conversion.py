"""A Keras network as an ONNX graph."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from tasks.core.onnx_bytes import OPSET
from tasks.core.onnx_file import ONNX_INPUT

_LARGE = 100_000  # numbers; smaller arrays are constants, which the converter can merge


def convert(network: keras.Model) -> onnx.ModelProto:
    """Convert a network, without metadata.

    Large weights are inputs during the conversion and put into the graph afterwards: as constants
    they would be copied some fifty times, which takes minutes.

    Args:
        network: images (B, S, S, 1) uint8 -> outputs by name.
    """
    variables = [*network.trainable_variables, *network.non_trainable_variables]
    arrays = [keras.ops.convert_to_numpy(one) for one in variables]
    names = {f"weights_{n}": array for n, array in enumerate(arrays) if array.size >= _LARGE}
    signature = [tf.TensorSpec(network.input.shape, network.input.dtype, name=ONNX_INPUT)]
    signature += [tf.TensorSpec(one.shape, one.dtype, name=name) for name, one in names.items()]
    function = tf.function(_forward(network, arrays), autograph=False)
    with _inner_functions_inlined():
        traced = function.get_concrete_function(*signature)
    graph, _ = tf2onnx.convert.from_function(
        function, signature, opset=OPSET, custom_op_handlers={"Erfc": (_erfc, [])}
    )
    _inputs_to_weights(graph, names | _captured(traced))
    return graph


def _forward(network: keras.Model, arrays: list[NDArray[Any]]) -> Any:
    """The network as a function of the images and of its large weights."""
    n_trainable = len(network.trainable_variables)

    def forward(images: Any, *large: Any) -> Any:
        given = iter(large)
        values = [next(given) if one.size >= _LARGE else tf.constant(one) for one in arrays]
        trainable, rest = values[:n_trainable], values[n_trainable:]
        outputs, _ = network.stateless_call(trainable, rest, images, training=False)
        return outputs

    return forward


@contextmanager
def _inner_functions_inlined() -> Iterator[None]:
    """Trace the functions that Keras compiles itself as part of the caller: no operator calls them.

    ConvNeXt's depthwise convolutions are such functions.
    """
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def _captured(traced: Any) -> dict[str, NDArray[Any]]:
    """Tensors that layers hold outside their variables, such as EfficientNet's mean, by name."""
    values = traced.captured_inputs
    inputs = traced.inputs[len(traced.inputs) - len(values) :]
    return {one.name: value.numpy() for one, value in zip(inputs, values, strict=True)}


def _inputs_to_weights(model: onnx.ModelProto, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Replace all inputs except the images by arrays in the file, in place."""
    given = [one for one in model.graph.input if one.name == ONNX_INPUT]
    names = [one.name for one in model.graph.input if one.name != ONNX_INPUT]
    del model.graph.input[:]
    model.graph.input.extend(given)
    for name in names:
        array = np.ascontiguousarray(arrays[name])
        model.graph.initializer.append(numpy_helper.from_array(array, name))


def _erfc(context: Any, node: Any, *_: Any) -> None:
    """Write 1 - erf(x) for erfc(x), which ONNX does not have; GELU needs it."""
    given, made = node.input[0], node.output[0]
    shape, dtype = context.get_shape(made), context.get_dtype(made)
    context.remove_node(node.name)
    erf = context.make_node("Erf", [given], shapes=[shape], dtypes=[dtype])
    one = context.make_const(f"{node.name}_one", np.array(1, dtype=np.float32))
    context.make_node(
        "Sub", [one.output[0], erf.output[0]], outputs=[made], shapes=[shape], dtypes=[dtype]
    )
