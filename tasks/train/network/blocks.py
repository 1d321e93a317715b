"""Blocks that several of our own networks share: batch normalisation and the dense head."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

# With Keras' default of 0.99 the moving statistics need hundreds of steps to settle. On a few
# hundred films the validation accuracy stayed at chance while the training accuracy reached 0.88.
MOMENTUM = 0.9


class FusedBatchNorm(layers.BatchNormalization):  # type: ignore[misc]
    """Batch normalisation of Keras, computed in training by one kernel of TensorFlow.

    Keras' own training step passes over the pixels about twenty times: a quarter of the time of a
    step of MiniVGGNet on a CPU. On other backends, for vectors, and at prediction this layer calls
    Keras' code. A saved model holds Keras' layer: see `plain_batch_norm`.
    """

    def call(
        self, inputs: keras.KerasTensor, training: bool | None = None, mask: Any = None
    ) -> keras.KerasTensor:
        """Normalise (B, H, W, C) with the statistics and weights that Keras' layer has."""
        fused = keras.backend.backend() == "tensorflow" and len(inputs.shape) == 4
        if not (training and self.trainable and fused):
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        scaled, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            ops.cast(inputs, "float32"),
            ops.convert_to_tensor(self.gamma),
            ops.convert_to_tensor(self.beta),
            epsilon=self.epsilon,
            is_training=True,
        )
        n_places = ops.cast(ops.size(inputs) // inputs.shape[-1], "float32")
        variance *= (n_places - 1.0) / n_places  # the kernel divides by n - 1, Keras by n
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + value * (1.0 - self.momentum))
        return ops.cast(scaled, self.compute_dtype)


def batch_norm(name: str) -> keras.Layer:
    """Build the batch normalisation of our own networks."""
    return FusedBatchNorm(momentum=MOMENTUM, name=name)


def plain_batch_norm(layer: keras.Layer) -> keras.Layer:
    """Replace our batch normalisation by Keras' own, without weights; keep other layers."""
    if isinstance(layer, FusedBatchNorm):
        return layers.BatchNormalization.from_config(layer.get_config())
    return layer


def dense_head(x: keras.KerasTensor, units: Sequence[int], n_classes: int) -> keras.KerasTensor:
    """Build dense layers with ReLU, `fc1`, `fc2`, ..., and the layer `logits`.

    Args:
        x: (B, H, W, C).
        units: Width of each hidden layer.
        n_classes: Number of classes, at least two.

    Returns:
        logits: (B, n_classes) float32.
    """
    x = layers.Flatten(name="flatten")(x)
    for number, width in enumerate(units, start=1):
        x = layers.Dense(width, name=f"fc{number}")(x)
        x = layers.ReLU(name=f"fc{number}_relu")(x)
    return layers.Dense(n_classes, dtype="float32", name="logits")(x)
