"""Callbacks that observe a run: a check of the loss, and the progress for the reader."""

import math
import time
from typing import Any

import keras

from tasks.core.compute.progress import Progress
from tasks.core.errors import TrainingError
from tasks.train.fitting.batches import Batches

_N_FILMS_NAMED = 5
_NOTED = {
    "loss": "loss",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "view_agreement": "agreement of the views",
}


class StopOnNaN(keras.callbacks.Callback):  # type: ignore[misc]
    """Raises an error at the first batch whose loss is not a finite number.

    `TerminateOnNaN` of Keras ends the fit as if it were complete, and names no films.

    Args:
        train: Training batches; they know their films.
        val: Validation batches.
    """

    def __init__(self, train: Batches, val: Batches) -> None:
        super().__init__()
        self._train = train
        self._val = val
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Remember the epoch for the message."""
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the mean training loss of the epoch so far.

        Raises:
            TrainingError: The loss is NaN or infinite.
        """
        self._check("training loss", batch, logs, self._train)

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the mean validation loss so far.

        Raises:
            TrainingError: The loss is NaN or infinite.
        """
        self._check("validation loss", batch, logs, self._val)

    def _check(self, title: str, batch: int, logs: dict[str, Any] | None, batches: Batches) -> None:
        loss = float((logs or {}).get("loss", 0.0))
        if math.isfinite(loss):
            return
        films = batches.image_ids(batch)
        n_more = len(films) - _N_FILMS_NAMED
        more = f" and {n_more} more" if n_more > 0 else ""
        raise TrainingError(
            f"the {title} must be a finite number",
            found=f"loss {loss}",
            where=f"batch {batch + 1} of {len(batches)}, epoch {self._epoch}: films"
            f" {', '.join(films[:_N_FILMS_NAMED])}{more}",
            next_step="look at these films; if they are good, lower train.learning_rate, or set"
            " train.precision to float32",
        )


class ShowProgress(keras.callbacks.Callback):  # type: ignore[misc]
    """Advances a progress display after each epoch, with losses and accuracies as a note.

    Args:
        progress: Counts epochs.
        n_films: Training films per epoch.
    """

    def __init__(self, progress: Progress, n_films: int) -> None:
        super().__init__()
        self._progress = progress
        self._n_films = n_films
        self._start_s = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Start the clock."""
        self._start_s = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Count the epoch."""
        values = logs or {}
        films_per_s = self._n_films / (time.monotonic() - self._start_s)
        noted = [f"{_NOTED[name]} {values[name]:.3f}" for name in _NOTED if name in values]
        self._progress.advance(note=", ".join([*noted, f"{films_per_s:.0f} films/s"]))
