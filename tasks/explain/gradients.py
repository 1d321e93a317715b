"""Gradients on every Keras backend. Keras itself has no call for them."""

import importlib
from collections.abc import Callable
from typing import Any

import keras

_Tensor = Any  # of the backend


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

    with tf.GradientTape() as tape:
        tape.watch(at)
        value = score(at)
    return list(tape.gradient(value, at))
