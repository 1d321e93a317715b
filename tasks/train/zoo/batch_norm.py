"""Batch normalisation as our own small networks use it."""

from typing import Any

import keras
from keras import layers, ops

# Keras' default of 0.99 needs hundreds of steps to settle: on a few hundred films the validation
# accuracy stayed at chance while the training accuracy reached 0.88. The weights are not touched.
MOMENTUM = 0.9


class FusedBatchNorm(layers.BatchNormalization):  # type: ignore[misc]
    """Keras' layer, computed by TensorFlow's one kernel where films are trained on.

    Keras writes it as some twenty passes over the pixels: a fourth of the time of a training step
    of MiniVGGNet on a CPU. On other backends, for vectors and at prediction it is Keras' own. A
    saved model holds Keras' layer: see `tasks.train.stripped`.
    """

    def call(
        self, inputs: keras.KerasTensor, training: bool | None = None, mask: Any = None
    ) -> keras.KerasTensor:
        """Normalise (B, H, W, C), statistics and weights as Keras has them."""
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
        variance *= (n_places - 1.0) / n_places  # the kernel gives that of a sample
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + value * (1.0 - self.momentum))
        return ops.cast(scaled, self.compute_dtype)


def batch_norm(name: str) -> keras.Layer:
    """Build the layer under a stable name."""
    return FusedBatchNorm(momentum=MOMENTUM, name=name)


def of_keras(layer: keras.Layer) -> keras.Layer:
    """The layer itself, or Keras' own, without weights yet, in place of our faster one."""
    if isinstance(layer, FusedBatchNorm):
        return layers.BatchNormalization.from_config(layer.get_config())
    return layer
