"""One training run: seeds, precision, optimiser, callbacks, fit."""

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import pandas as pd
from dvclive import Live
from dvclive.keras import DVCLiveCallback

from tasks.errors import TrainingError
from tasks.image_store import ImageStore
from tasks.params import TrainParams
from tasks.train.batches import Batches
from tasks.train.transfer import phases
from tasks.train.weights import load_start
from tasks.train.zoo import build_classifier

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingRun:
    """A trained network and how it came about.

    model: weights of the best epoch. best_epoch counts from 1. best_loss: on validation.
    """

    model: keras.Model
    classes: tuple[str, ...]
    precision: str
    seed: int
    epochs_run: int
    best_epoch: int
    best_loss: float


def fit(
    name: str, samples: pd.DataFrame, store: ImageStore, params: TrainParams, live_dir: Path
) -> TrainingRun:
    """Train one network of the zoo; keep the weights of the epoch with the least validation loss.

    Args:
        name: Network of the zoo.
        samples: The cohort; `train` is fitted, `val` steers, `test` is not looked at.
        store: Pixels of the cohort.
        params: Section `train`.
        live_dir: DVCLive writes one TSV per metric here, a row per epoch.

    Raises:
        TrainingError: The network is unknown, the weights to start from cannot be had, or a loss
            is no longer a finite number.
    """
    precision = _prepare_backend(params)
    classes = tuple(sorted(samples["label"].unique()))
    split = dict(iter(samples.groupby("split")))
    train = Batches(split["train"], store, len(classes), params.batch_size, params.seed)
    val = Batches(split["val"], store, len(classes), params.batch_size)
    model = build_classifier(name, store.size_px, len(classes), params.augment, params.seed)
    load_start(model, params)
    logger.info(
        "%s: %d parameters, %s, %d training and %d validation films of %d px",
        *(name, model.count_params(), precision),
        *(len(split["train"]), len(split["val"]), store.size_px),
    )
    with Live(str(live_dir), save_dvc_exp=False, dvcyaml=None, report=None) as live:
        n_before = 0  # epochs of the phase in which the body was frozen
        losses: list[float] = []  # of the last phase, whose best weights are kept
        for phase in phases(params):
            n_before += len(losses)
            phase.prepare(model)
            _compile(model, phase.learning_rate)
            losses = model.fit(
                train,
                validation_data=val,
                initial_epoch=phase.first_epoch,
                epochs=phase.last_epoch,
                verbose=0,
                shuffle=False,  # Batches shuffles, by seed and epoch
                callbacks=_callbacks(params, live, int(split["train"]["n_repeats"].sum())),
            ).history["val_loss"]
    best = min(range(len(losses)), key=losses.__getitem__)
    return TrainingRun(
        *(model, classes, precision, params.seed, n_before + len(losses)),
        *(n_before + best + 1, float(losses[best])),
    )


def _compile(model: keras.Model, learning_rate: float) -> None:
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="categorical_crossentropy",
        weighted_metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=False,  # XLA has no kernel for rotation and zoom, and is slower on a CPU
    )


def _prepare_backend(params: TrainParams) -> str:
    """Seed everything, ask for deterministic kernels, set the precision; return its name."""
    keras.utils.set_random_seed(params.seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):  # before a device is in use
            tf.config.experimental.set_memory_growth(gpu, True)
        tf.config.experimental.enable_op_determinism()
    on_gpu = any(device.startswith("gpu") for device in keras.distribution.list_devices())
    precision = params.precision
    if precision == "auto":
        precision = "mixed_float16" if on_gpu else "float32"
    keras.config.set_dtype_policy(precision)
    return precision


def _callbacks(params: TrainParams, live: Live, n_films: int) -> list[keras.callbacks.Callback]:
    return [
        keras.callbacks.ReduceLROnPlateau(
            monitor="val_loss", factor=params.plateau_factor, patience=params.plateau_patience
        ),
        keras.callbacks.EarlyStopping(
            monitor="val_loss", patience=params.early_stopping_patience, restore_best_weights=True
        ),
        StopOnNaN(),
        DVCLiveCallback(live=live),
        LogEpoch(params.epochs, n_films),
    ]


class StopOnNaN(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends the run with an error at the first loss that is not a number."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the running loss of the epoch.

        Raises:
            TrainingError: It is NaN or infinite.
        """
        _check_finite("training loss", logs, "loss", f"batch {batch} of the epoch")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the validation loss: the last step of an epoch shows nowhere else.

        Raises:
            TrainingError: It is NaN or infinite.
        """
        _check_finite("validation loss", logs, "val_loss", f"epoch {epoch + 1}")


def _check_finite(title: str, logs: dict[str, Any] | None, key: str, where: str) -> None:
    loss = float((logs or {}).get(key, 0.0))
    if not math.isfinite(loss):
        raise TrainingError(
            f"the {title} must stay a finite number",
            found=f"loss {loss}",
            where=where,
            next_step="lower train.learning_rate, or set train.precision to float32",
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
