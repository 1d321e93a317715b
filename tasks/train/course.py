"""The course of a run from epoch to epoch: rate, kept weights, checkpoint, rows, end."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from tasks.core.params import TrainParams
from tasks.train.averaging import AverageWeights
from tasks.train.checkpoint import Arrays, Checkpoint, load_checkpoint, save_checkpoint
from tasks.train.curves import Curves
from tasks.train.schedule import is_over, kept_epoch, plateau_rate


class Course(keras.callbacks.Callback):  # type: ignore[misc]
    """Steers one run, keeps it on the disk, and takes up an interrupted one where it stood.

    Args:
        params: Section `train`.
        live: Gets a row per epoch; those of an interrupted run are written again.
        prefix: Of the names of the curves; empty for the first seed.
        path: The checkpoint; None keeps none.
        fingerprint: Of all that the run depends on.
        n_before: Epochs of the phase before, whose rows stay.
    """

    def __init__(
        self,
        params: TrainParams,
        live: Curves,
        prefix: str,
        path: Path | None,
        fingerprint: str,
        n_before: int = 0,
    ) -> None:
        super().__init__()
        self._params = params
        self._live = live
        self._prefix = prefix
        self._path = path
        self._fingerprint = fingerprint
        self._average: AverageWeights | None = None
        self._start = load_checkpoint(path, fingerprint) if path else None
        self._kept: Arrays = self._start.kept if self._start else []
        self.history = list(self._start.history) if self._start else []
        live.step = n_before
        for row in self.history:
            self._write_row(row)

    @property
    def losses(self) -> list[float]:
        """Validation loss of each epoch so far."""
        return [row["val_loss"] for row in self.history]

    @property
    def is_over(self) -> bool:
        """Whether no epoch is left to run."""
        return is_over(self.losses, self._params)

    def follow(self, average: AverageWeights) -> None:
        """Keep this moving average in place of the weights."""
        self._average = average

    def keep_best(self, model: keras.Model) -> None:
        """Set the weights of the epoch that is kept."""
        model.set_weights(self._kept)

    def restore(self, model: keras.Model) -> None:
        """Set a compiled model to where the interrupted run stood, or note where it starts."""
        if self._start is None:
            if self._average:
                self._average.start_from(model.get_weights())
            return
        _assign(model.variables, self._start.network)
        _assign(model.optimizer.variables, self._start.optimiser)
        if self._average:
            self._average.start_from(self._start.average)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Restore: what Keras did to prepare the fit leaves no trace."""
        self.restore(self.model)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Set the rate of this epoch."""
        if self._params.schedule == "plateau":
            self.model.optimizer.learning_rate = plateau_rate(self.losses, self._params)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the row, keep the weights if they are the ones to keep, save, and see what is left.

        Raises:
            TrainingError: The disk does not take the checkpoint.
        """
        row = {name: float(value) for name, value in (logs or {}).items()}
        row["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self.history.append(row)
        average = self._average.values if self._average else []
        if kept_epoch(self.losses, self._params) == epoch:
            self._kept = average or self.model.get_weights()
        if self._path:
            state = Checkpoint(
                tuple(self.history),
                _values(self.model.variables),
                _values(self.model.optimizer.variables),
                average,
                self._kept,
            )
            save_checkpoint(self._path, state, self._fingerprint)
        self._write_row(row)
        self.model.stop_training = self.is_over

    def _write_row(self, row: dict[str, float]) -> None:
        for name, value in row.items():
            side = "eval" if name.startswith("val_") else "train"
            self._live.log_metric(f"{self._prefix}{side}/{name.removeprefix('val_')}", value)
        self._live.next_step()


def _values(variables: list[keras.Variable]) -> Arrays:
    return [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]


def _assign(variables: list[keras.Variable], values: Arrays) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
