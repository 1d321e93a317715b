"""Callbacks that only look: at losses that are no number, and at the clock for the log."""

import logging
import math
import time
from typing import Any

import keras

from tasks.core.errors import TrainingError
from tasks.train.batches import Batches

logger = logging.getLogger(__name__)
N_FILMS_NAMED = 5


class StopOnNaN(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends the run with an error at the first batch whose loss is not a finite number.

    Args:
        train, val: The batches that are trained and validated on; they know their films.
    """

    def __init__(self, train: Batches, val: Batches) -> None:
        super().__init__()
        self._train = train
        self._val = val
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Note the epoch for the message."""
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the mean loss of the epoch so far.

        Raises:
            TrainingError: It is NaN or infinite; names the batch and its films.
        """
        self._check("training loss", batch, logs, self._train)

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the mean validation loss so far.

        Raises:
            TrainingError: It is NaN or infinite; names the batch and its films.
        """
        self._check("validation loss", batch, logs, self._val)

    def _check(self, title: str, batch: int, logs: dict[str, Any] | None, batches: Batches) -> None:
        loss = float((logs or {}).get("loss", 0.0))
        if math.isfinite(loss):
            return
        films = batches.image_ids(batch)
        more = f" and {len(films) - N_FILMS_NAMED} more" if len(films) > N_FILMS_NAMED else ""
        raise TrainingError(
            f"the {title} must stay a finite number",
            found=f"loss {loss}",
            where=f"batch {batch + 1} of {len(batches)}, epoch {self._epoch}: films"
            f" {', '.join(films[:N_FILMS_NAMED])}{more}",
            next_step="look at these films; else lower train.learning_rate, or set train.precision"
            " to float32",
        )


class LogEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """One log line per epoch: losses, accuracies, speed.

    Args:
        n_epochs: Epochs asked for.
        n_films: Training films per epoch.
    """

    def __init__(self, n_epochs: int, n_films: int) -> None:
        super().__init__()
        self._n_epochs = n_epochs
        self._n_films = n_films
        self._start_s = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Start the clock."""
        self._start_s = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the line."""
        values = logs or {}
        logger.info(
            "epoch %2d/%d  loss %.3f  accuracy %.3f | validation loss %.3f  accuracy %.3f"
            "  (%.0f films/s)",
            *(epoch + 1, self._n_epochs),
            *(values[name] for name in ("loss", "accuracy", "val_loss", "val_accuracy")),
            self._n_films / (time.monotonic() - self._start_s),
        )
