"""A run that can be interrupted: learning rate, kept weights, checkpoint, curves and end."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from tasks.core.params import TrainParams
from tasks.train.fitting.checkpoint import Arrays, Checkpoint, load_checkpoint, save_checkpoint
from tasks.train.fitting.group_dro import weight_curves
from tasks.train.fitting.learning_schedule import is_over, kept_epoch, plateau_rate
from tasks.train.fitting.metrics_log import MetricsLog
from tasks.train.fitting.moving_average import WeightAverage


class ResumableRun(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the state of a run after each epoch, and resumes an interrupted run.

    It replaces `ReduceLROnPlateau`, `EarlyStopping` and `BackupAndRestore` of Keras, which lose
    counters and best weights when the process ends: see `learning_schedule` and `checkpoint`.

    Args:
        params: Section `train` of this phase.
        log: Curves; the epochs of an interrupted run are written again.
        prefix: Start of the curve names, see `MetricsLog.log_epoch`.
        path: The checkpoint; None writes none.
        fingerprint: Hash of everything that the run depends on.
        n_before: Epochs of the previous phase.
    """

    def __init__(
        self,
        params: TrainParams,
        log: MetricsLog,
        prefix: str,
        path: Path | None,
        fingerprint: str,
        n_before: int = 0,
    ) -> None:
        super().__init__()
        self._params = params
        self._log = log
        self._prefix = prefix
        self._path = path
        self._fingerprint = fingerprint
        self._average: WeightAverage | None = None
        self._start = load_checkpoint(path, fingerprint) if path else None
        self._kept: Arrays = self._start.kept if self._start else []
        self.history = list(self._start.history) if self._start else []
        log.step = n_before
        for row in self.history:
            log.log_epoch(prefix, row)

    @property
    def losses(self) -> list[float]:
        """Validation loss of each epoch so far; training loss where no film is validated."""
        return [row.get("val_loss", row["loss"]) for row in self.history]

    @property
    def is_over(self) -> bool:
        """Whether no epoch remains."""
        return is_over(self.losses, self._params)

    def keep_average(self, average: WeightAverage | None) -> None:
        """Keep this average instead of the weights, once it has values."""
        self._average = average

    def set_kept_weights(self, model: keras.Model) -> None:
        """Set a model to the weights of the kept epoch."""
        model.set_weights(self._kept)

    def restore(self, model: keras.Model) -> None:
        """Set a compiled model to the state of the interrupted run, if there is one."""
        if self._start is None:
            if self._average:
                self._average.begin(model.get_weights())
            return
        _assign(model.variables, self._start.network)
        _assign(model.optimizer.variables, self._start.optimiser)
        if self._average:
            self._average.resume(self._start.average)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Restore the state here, after Keras has prepared the fit."""
        self.restore(self.model)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Set the learning rate of this epoch."""
        if self._params.schedule == "plateau":
            self.model.optimizer.learning_rate = plateau_rate(self.losses, self._params)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the metrics, keep the weights if they are the best, and save the state.

        Raises:
            TrainingError: The disk refuses the checkpoint.
        """
        row = {name: float(value) for name, value in (logs or {}).items()}
        row["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self.history.append(row | weight_curves(self.model))
        average = self._average.values if self._average else []
        if kept_epoch(self.losses, self._params) == epoch:
            self._kept = average or self.model.get_weights()
        if self._path:
            save_checkpoint(self._path, self._state(average), self._fingerprint)
        self._log.log_epoch(self._prefix, self.history[-1])
        self.model.stop_training = self.is_over

    def _state(self, average: Arrays) -> Checkpoint:
        return Checkpoint(
            history=tuple(self.history),
            network=_values(self.model.variables),
            optimiser=_values(self.model.optimizer.variables),
            average=average,
            kept=self._kept,
        )


def _values(variables: list[keras.Variable]) -> Arrays:
    return [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]


def _assign(variables: list[keras.Variable], values: Arrays) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
