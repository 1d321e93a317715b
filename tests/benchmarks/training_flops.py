"""Floating-point operations of a training step, and the rate that the machine reaches."""

import math
import time

import keras
import numpy as np
from keras import layers, ops

PASSES = 3  # forward, gradient of the weights, gradient of the inputs: the same number each
MATRIX = 2048  # rows and columns


def training_flops(model: keras.Model) -> int:
    """Count the operations of convolutions and dense layers for one film; a multiply-add is two.

    Convolution: 3 x 2 x H_out x W_out x filters x kernel height x kernel width x channels in.
    Dense: 3 x 2 x units x inputs. Other layers and biases do not count. The gradient of the films
    counts although it is not needed (0.4 % of MiniVGGNet's operations at 64 px).
    """
    return PASSES * sum(_forward_flops(layer) for layer in model.layers)


def _forward_flops(layer: keras.Layer) -> int:
    if not isinstance(layer, layers.Conv2D | layers.Dense):
        return 0
    n_places = math.prod(layer.output.shape[1:-1])  # 1 for a dense layer on flat inputs
    return int(2 * n_places * math.prod(layer.kernel.shape))


def matmul_flops_per_s(at_least_s: float) -> float:
    """Return the rate of large float32 matrix products, with the threads of training."""
    rng = np.random.default_rng(0)
    left, right = (
        ops.convert_to_tensor(rng.random((MATRIX, MATRIX), dtype=np.float32)) for _ in range(2)
    )
    n_products, start_s = 0, time.perf_counter()
    while (elapsed_s := time.perf_counter() - start_s) < at_least_s:
        ops.convert_to_numpy(ops.matmul(left, right)[0, 0])  # waits for the product
        n_products += 1
    return 2 * MATRIX**3 * n_products / elapsed_s
