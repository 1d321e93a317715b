"""The fit of one network: its data, its initial weights, and one or two phases."""

import logging
from dataclasses import dataclass
from pathlib import Path

import keras
import pandas as pd

from tasks.core.compute.progress import Progress
from tasks.core.image_store.store import ImageStore
from tasks.core.params import TrainParams
from tasks.train.fitting.batches import Batches
from tasks.train.fitting.callbacks import ShowProgress, StopOnNaN
from tasks.train.fitting.compilation import compile_classifier
from tasks.train.fitting.learning_schedule import kept_epoch
from tasks.train.fitting.metrics_log import MetricsLog
from tasks.train.fitting.moving_average import AverageWeights
from tasks.train.fitting.phases import Phase, phases
from tasks.train.fitting.resumable_run import ResumableRun
from tasks.train.network.build import build_classifier
from tasks.train.weights.initial import load_initial_weights

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingData:
    """Films of a run: `train` is fitted, `val` is validated after each epoch."""

    train: pd.DataFrame
    val: pd.DataFrame
    store: ImageStore
    classes: tuple[str, ...]

    def batches(self, params: TrainParams, seed: int, first_epoch: int) -> tuple[Batches, Batches]:
        """Training batches in the order of the seed, and validation batches in table order."""
        common = (self.store, len(self.classes), params.batch_size)
        return Batches(self.train, *common, seed, first_epoch), Batches(self.val, *common)


@dataclass(frozen=True)
class NetworkRun:
    """What the fit of one network needs besides its data and settings.

    number: of the network, from 0. log: curves. path: checkpoint; None writes none. fingerprint:
    hash of everything that the run depends on. n_threads: threads that read films ahead.
    """

    number: int
    log: MetricsLog
    path: Path | None
    fingerprint: str
    n_threads: int

    def resume(self, phase: Phase, params: TrainParams, n_before: int) -> ResumableRun:
        """Start or resume a phase that follows `n_before` epochs."""
        return ResumableRun(
            phase.settings(params),
            self.log,
            prefix=f"seed{params.seed + self.number}/" if self.number else "",
            path=self.path.with_name(self.path.name + phase.suffix) if self.path else None,
            fingerprint=self.fingerprint,
            n_before=n_before,
        )


@dataclass(frozen=True)
class FittedNetwork:
    """A network with the weights of its kept epoch.

    history: one row of metrics per epoch of all phases. kept: number of the kept epoch, from 0.
    """

    model: keras.Model
    history: list[dict[str, float]]
    kept: int

    @property
    def kept_row(self) -> dict[str, float]:
        """Metrics of the kept epoch."""
        return self.history[self.kept]


def fit_network(
    name: str, data: TrainingData, params: TrainParams, network_run: NetworkRun
) -> FittedNetwork:
    """Fit the network of one seed, phase by phase."""
    seed = params.seed + network_run.number
    model = _initial_network(name, data, params, seed)
    streams = [(stream, stream.numpy()) for stream in model.variables if "seed" in stream.path]
    history: list[dict[str, float]] = []
    kept = 0
    for phase in phases(params):
        for stream, start in streams:  # the draws of a phase do not depend on the previous phase
            stream.assign(start)
        phase.prepare(model)
        run = network_run.resume(phase, params, len(history))
        train, val = data.batches(params, seed, phase.first_epoch + len(run.history))
        train.workers = network_run.n_threads
        label = f"network {network_run.number + 1} of {params.n_seeds}"
        label += ", head only" if phase.frozen else ""
        _fit_phase(model, train, val, phase.settings(params), run, label)
        kept = len(history) + kept_epoch(run.losses, params)
        history += run.history
    return FittedNetwork(model, history, kept)


def _initial_network(name: str, data: TrainingData, params: TrainParams, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    size_px = data.store.size_px
    model = build_classifier(name, size_px, len(data.classes), params.augment, seed)
    if seed == params.seed:
        logger.info(
            "%s: %d parameters, %s, %d training and %d validation films of %d px",
            name,
            model.count_params(),
            keras.config.dtype_policy().name,
            len(data.train),
            len(data.val),
            size_px,
        )
    load_initial_weights(model, params)
    return model


def _fit_phase(
    model: keras.Model,
    train: Batches,
    val: Batches,
    params: TrainParams,
    run: ResumableRun,
    label: str,
) -> None:
    n_done = len(run.history)
    if n_done:
        logger.info("%s: resuming after epoch %d of %d", label, n_done, params.epochs)
    if not run.is_over:
        compile_classifier(model, params, len(train))
        callbacks = [StopOnNaN(train, val), *_averages(run, params, len(train))]
        with Progress(params.epochs - n_done, unit="epochs", label=label) as progress:
            model.fit(
                train,
                validation_data=val,
                initial_epoch=n_done,
                epochs=params.epochs,
                verbose=0,
                shuffle=False,  # Batches shuffles, by seed and epoch
                callbacks=[*callbacks, run, ShowProgress(progress, train.n_films)],
            )
    run.set_kept_weights(model)
    _log_result(run, params, label)


def _averages(run: ResumableRun, params: TrainParams, steps_per_epoch: int) -> list[AverageWeights]:
    """The moving average of the weights, if the settings ask for one."""
    if params.average_momentum is None:
        return []
    average = AverageWeights(params.average_momentum, steps_per_epoch)
    run.keep_average(average)
    return [average]


def _log_result(run: ResumableRun, params: TrainParams, label: str) -> None:
    kept = kept_epoch(run.losses, params)
    logger.info(
        "%s: done, %d epochs, validation loss %.3f and accuracy %.3f at epoch %d, which is kept",
        label,
        len(run.history),
        run.losses[kept],
        run.history[kept]["val_accuracy"],
        kept + 1,
    )
