"""Gradients and compiled functions on every Keras backend. Keras itself has no call for them."""

import importlib
from collections.abc import Callable
from typing import Any

import keras

_Tensor = Any  # of the backend
_Function = Callable[[list[_Tensor]], list[_Tensor]]


def gradients_of(score: Callable[[list[_Tensor]], _Tensor], at: list[_Tensor]) -> list[_Tensor]:
    """Gradient of a scalar with respect to each of some tensors.

    Args:
        score: Function of the tensors that returns one number. It must be built from Keras
            operations.
        at: Tensors where the gradient is taken.

    Returns:
        One tensor per tensor of `at`, with its shape.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return list(jax.grad(score)(at))
    if backend == "torch":
        torch = importlib.import_module("torch")  # Lungline does not install it
        leaves = [tensor.detach().requires_grad_() for tensor in at]
        return list(torch.autograd.grad(score(leaves), leaves))
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(at)
        value = score(at)
    return list(tape.gradient(value, at))


def compile_function(function: _Function, network: keras.Model) -> _Function:
    """Compile a function of tensors for the backend.

    TensorFlow compiles once for any number of films, JAX once for each number.

    Args:
        function: From a list of tensors to a list of tensors, built from Keras operations.
        network: The network that it uses. Its weights are read at each call.

    Returns:
        The compiled function. With Torch it is the function itself.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        return _compile_jax(function, network)
    if backend == "torch":
        return function
    return _compile_tensorflow(function)


def _compile_tensorflow(function: _Function) -> _Function:
    """The first axis stays open: each further trace of a function would take a second."""
    import tensorflow as tf

    compiled: list[_Function] = []

    def call(tensors: list[_Tensor]) -> list[_Tensor]:
        if not compiled:
            specs = [tf.TensorSpec([None, *one.shape[1:]], one.dtype) for one in tensors]
            compiled.append(tf.function(function, input_signature=[specs]))
        return compiled[0](tensors)

    return call


def _compile_jax(function: _Function, network: keras.Model) -> _Function:
    """JAX would keep the weights of the first call: they are arguments here."""
    import jax

    def with_weights(values: list[_Tensor], tensors: list[_Tensor]) -> list[_Tensor]:
        pairs = list(zip(network.variables, values, strict=True))
        with keras.StatelessScope(state_mapping=pairs):
            return function(tensors)

    compiled = jax.jit(with_weights)
    return lambda tensors: list(compiled([one.value for one in network.variables], tensors))
