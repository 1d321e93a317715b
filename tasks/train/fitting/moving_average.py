"""Averages of the weights, which are validated and saved instead of the weights."""

from typing import Any

import keras
import numpy as np

from tasks.train.fitting.checkpoint import Arrays

STEPS_PER_UPDATE = 8  # on a GPU one update costs about as much as a small step; torchvision uses 32


def decay(step: int, momentum: float, n_steps: int = 1) -> float:
    """Share of the old average that remains after `n_steps` steps.

    The first averages follow the weights closely: min(momentum, (1 + t) / (10 + t)) per step.

    Args:
        step: Number of the last of these steps, from 1.
        momentum: Share that remains per step, later in the run.
        n_steps: Steps since the last update.

    Source: Polyak and Juditsky, SIAM J Control Optim 1992;30:838; the start as in TensorFlow's
    `ExponentialMovingAverage(num_updates)`.
    """
    return float(min(momentum, (1 + step) / (10 + step)) ** n_steps)


class WeightAverage(keras.callbacks.Callback):  # type: ignore[misc]
    """An average of all weights of a model; `ResumableRun` keeps it in the checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self._averages: list[Any] = []

    @property
    def values(self) -> Arrays:
        """The averages, in the order of `model.weights`; empty before there are any."""
        return [np.array(value) for value in map(keras.ops.convert_to_numpy, self._averages)]

    def begin(self, weights: Arrays) -> None:
        """Start a new run from these weights."""

    def resume(self, values: Arrays) -> None:
        """Set the averages to those of an interrupted run."""
        self._averages = [keras.ops.convert_to_tensor(value) for value in values]


class AverageWeights(WeightAverage):
    """Averages all weights over the steps, including the statistics of batch normalisation.

    `use_ema` and `SwapEMAWeights` of Keras average trainable weights only. The averaged weights
    would then be used with statistics that belong to other weights.

    Args:
        momentum: Share of the old average that remains per step; the average covers about
            1 / (1 - momentum) steps.
        steps_per_epoch: Batches per epoch.
    """

    def __init__(self, momentum: float, steps_per_epoch: int) -> None:
        super().__init__()
        self._momentum = momentum
        self._steps_per_epoch = steps_per_epoch
        self._trained: list[Any] = []
        self._epoch = 0
        self._n_since_update = 0

    def begin(self, weights: Arrays) -> None:
        """Start the average at the initial weights."""
        self.resume(weights)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Remember the epoch, which gives the number of the step."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Update the averages every few steps and at the end of each epoch."""
        self._n_since_update += 1
        is_last = batch + 1 == self._steps_per_epoch
        if self._n_since_update < STEPS_PER_UPDATE and not is_last:
            return
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()  # on JAX the variables are empty within an epoch
        step = self._epoch * self._steps_per_epoch + batch + 1
        kept = decay(step, self._momentum, self._n_since_update)
        self._averages = [
            average + (1 - kept) * (keras.ops.stop_gradient(weight.value) - average)
            for average, weight in zip(self._averages, self.model.weights, strict=True)
        ]
        self._n_since_update = 0

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Validate with the averages."""
        self._trained = self.model.get_weights()
        self.model.set_weights(self.values)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Continue training with the weights."""
        self.model.set_weights(self._trained)
