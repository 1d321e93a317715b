"""Moving average of the weights: validation sees it, and it is what is kept."""

from typing import Any

import keras
import numpy as np

from tasks.train.checkpoint import Arrays

STEPS_PER_UPDATE = 8  # one update costs a GPU about as much as a small step; torchvision takes 32


def decay(step: int, momentum: float, n_steps: int = 1) -> float:
    """Share of the old average that stays after `n_steps` steps, the last of them number `step`.

    The average is young at first and follows the weights closely: min(momentum, (1 + t) / (10 + t))
    per step.

    Source: Polyak and Juditsky, SIAM J Control Optim 1992;30:838; the young average as in
    TensorFlow's `ExponentialMovingAverage(num_updates)`.
    """
    return float(min(momentum, (1 + step) / (10 + step)) ** n_steps)


class AverageWeights(keras.callbacks.Callback):  # type: ignore[misc]
    """Averages all weights over the steps, batch-norm statistics included.

    The statistics must go with the weights that they were measured on; Keras' own `use_ema` leaves
    them out.

    Args:
        momentum: Share of the old average that stays at each step; about 1 / (1 - momentum)
            steps count.
        steps_per_epoch: Batches per epoch.
    """

    def __init__(self, momentum: float, steps_per_epoch: int) -> None:
        super().__init__()
        self._momentum = momentum
        self._steps_per_epoch = steps_per_epoch
        self._averages: list[Any] = []
        self._trained: list[Any] = []
        self._epoch = 0
        self._n_since_update = 0

    @property
    def values(self) -> Arrays:
        """The averages, in the order of `model.weights`."""
        return [np.array(value) for value in map(keras.ops.convert_to_numpy, self._averages)]

    def start_from(self, values: Arrays) -> None:
        """Set the averages: at the start of a run, or where an interrupted one stood."""
        self._averages = [keras.ops.convert_to_tensor(value) for value in values]

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Note the epoch: the average is young by the number of its steps."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Move the averages every few steps and at the end of each epoch."""
        self._n_since_update += 1
        is_last = batch + 1 == self._steps_per_epoch
        if self._n_since_update < STEPS_PER_UPDATE and not is_last:
            return
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()  # within an epoch the variables are empty there
        step = self._epoch * self._steps_per_epoch + batch + 1
        kept = decay(step, self._momentum, self._n_since_update)
        self._averages = [
            average + (1 - kept) * (keras.ops.stop_gradient(weight.value) - average)
            for average, weight in zip(self._averages, self.model.weights, strict=True)
        ]
        self._n_since_update = 0

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Validation sees the averages."""
        self._trained = self.model.get_weights()
        self.model.set_weights(self.values)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Training goes on from the weights."""
        self.model.set_weights(self._trained)
