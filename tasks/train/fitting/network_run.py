"""The fit of one network: its data, initial weights, pretraining, and one or two phases."""

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
from tasks.train.fitting.epoch_average import EpochAverage
from tasks.train.fitting.film_groups import FilmGroups, groups_of_films
from tasks.train.fitting.group_dro import robust_classifier
from tasks.train.fitting.learning_schedule import kept_epoch
from tasks.train.fitting.metrics_log import MetricsLog
from tasks.train.fitting.moving_average import AverageWeights, WeightAverage
from tasks.train.fitting.phases import Phase, phases
from tasks.train.fitting.resumable_run import ResumableRun
from tasks.train.network.build import build_classifier
from tasks.train.pretraining.pretrain import Unlabelled, pretrain, pretraining_settings
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
        groups = self.groups(params)
        films = self.train.assign(group=groups.of_film) if groups else self.train
        return Batches(films, *common, seed, first_epoch), Batches(self.val, *common)

    def groups(self, params: TrainParams) -> FilmGroups | None:
        """Groups of the training films, if the settings ask for group DRO."""
        return groups_of_films(self.train) if params.group_dro_step is not None else None


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
        return self._run(phase.settings(params), phase.suffix, "", n_before)

    def resume_pretraining(self, params: TrainParams) -> ResumableRun:
        """Start or resume the pretraining; its curves stand in a folder of their own."""
        return self._run(pretraining_settings(params), "-pretraining", "pretraining/", 0)

    def _run(self, settings: TrainParams, suffix: str, curves: str, n_before: int) -> ResumableRun:
        network = f"seed{settings.seed + self.number}/" if self.number else ""
        return ResumableRun(
            settings,
            self.log,
            prefix=network + curves,
            path=self.path.with_name(self.path.name + suffix) if self.path else None,
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
    if params.pretraining.method != "none":
        _pretrain(model, data, params, network_run)
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
    return _robust(model, data, params, is_first=seed == params.seed)


def _robust(
    model: keras.Model, data: TrainingData, params: TrainParams, is_first: bool
) -> keras.Model:
    """The network with the loss of group DRO, if the settings ask for it."""
    groups = data.groups(params)
    if groups is None or params.group_dro_step is None:
        return model
    if is_first:
        sizes = zip(groups.names, groups.n_films, strict=True)
        logger.info("group DRO, films: %s", ", ".join(f"{name} {n}" for name, n in sizes))
    return robust_classifier(model, groups, params.group_dro_step)


def _pretrain(
    model: keras.Model, data: TrainingData, params: TrainParams, network_run: NetworkRun
) -> None:
    """Pretrain the network of one seed by itself: its seed alone decides a network."""
    seed = params.seed + network_run.number
    films = Unlabelled(data.train, data.store, seed, network_run.n_threads)
    label = f"network {network_run.number + 1} of {params.n_seeds}, pretraining"
    pretrain(model, films, params, network_run.resume_pretraining(params), label)


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
        average = _average(params, train)
        run.keep_average(average)
        callbacks = [StopOnNaN(train, val), *([average] if average else [])]
        progress = Progress(params.epochs, unit="epochs", label=label, n_before=n_done)
        with progress:
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


def _average(params: TrainParams, train: Batches) -> WeightAverage | None:
    """The average of the weights, if the settings ask for one."""
    if params.average_momentum is not None:
        return AverageWeights(params.average_momentum, len(train))
    if params.average_epochs is not None:
        return EpochAverage(params.average_epochs, params.epochs, train.restarted())
    return None


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
