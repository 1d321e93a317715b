"""One training run: a network per seed, fitted, kept on the disk, and averaged."""

import logging
from dataclasses import dataclass
from pathlib import Path

import keras
import pandas as pd

from tasks.core.image_store.store import ImageStore
from tasks.core.params import TrainParams
from tasks.train.averaging import AverageWeights
from tasks.train.batches import Batches
from tasks.train.checkpoint import fingerprint_of
from tasks.train.course import Course
from tasks.train.curves import Curves
from tasks.train.devices import prepare_devices
from tasks.train.loss import build_loss
from tasks.train.schedule import kept_epoch, learning_rate
from tasks.train.seeds import average_logits
from tasks.train.transfer import Phase, phases
from tasks.train.watch import LogEpoch, StopOnNaN
from tasks.train.weights.load import load_start
from tasks.train.zoo import build_classifier

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingRun:
    """A trained network and how it came about.

    model: weights of the kept epoch; the mean of n_seeds networks. seed, epochs_run, best_epoch
    (the kept one, from 1) and best_loss (on validation) are those of the first.
    """

    model: keras.Model
    classes: tuple[str, ...]
    precision: str
    seed: int
    epochs_run: int
    best_epoch: int
    best_loss: float
    n_seeds: int = 1


@dataclass(frozen=True)
class Workplace:
    """What a run uses and no weight depends on.

    checkpoints: folder of one file per seed, from which an interrupted run goes on; None keeps
    none. n_threads: read films ahead.
    """

    checkpoints: Path | None = None
    n_threads: int = 1


@dataclass(frozen=True)
class Journal:
    """Where the network of one seed writes its rows and keeps its checkpoints.

    prefix: of the names of the curves. path: of the checkpoints; None keeps none. fingerprint: of
    all that the run depends on.
    """

    live: Curves
    prefix: str
    path: Path | None
    fingerprint: str

    def course(self, phase: Phase, params: TrainParams, n_before: int) -> Course:
        """The course of a phase that comes after `n_before` epochs."""
        path = self.path.with_name(self.path.name + phase.suffix) if self.path else None
        settings = phase.settings(params)
        return Course(settings, self.live, self.prefix, path, self.fingerprint, n_before)


@dataclass(frozen=True)
class Cohort:
    """The films of a run: `train` is fitted, `val` steers."""

    train: pd.DataFrame
    val: pd.DataFrame
    store: ImageStore
    classes: tuple[str, ...]

    def batches(self, params: TrainParams, seed: int, first_epoch: int) -> tuple[Batches, Batches]:
        """Training films in the order of a seed, and validation films in the table's order."""
        common = (self.store, len(self.classes), params.batch_size)
        return Batches(self.train, *common, seed, first_epoch), Batches(self.val, *common)


def fit(
    name: str,
    samples: pd.DataFrame,
    store: ImageStore,
    params: TrainParams,
    live_dir: Path,
    workplace: Workplace = Workplace(),
) -> TrainingRun:
    """Train one network of the zoo, once per seed.

    A run that was killed goes on from `workplace.checkpoints` and ends with the same weights and
    rows, if data, settings and code are still the same.

    Args:
        name: Network of the zoo.
        samples: The cohort; `train` is fitted, `val` steers, `test` is not looked at.
        store: Pixels of the cohort.
        params: Section `train`.
        live_dir: DVCLive writes one TSV per metric here, a row per epoch.
        workplace: Where the run keeps itself, and its threads.

    Raises:
        TrainingError: The network is unknown, the weights to start from cannot be had, a loss is
            no longer a finite number, or the disk does not take the checkpoint.
    """
    precision = prepare_devices(params)
    split = dict(iter(samples.groupby("split")))
    classes = tuple(sorted(samples["label"].unique()))
    cohort = Cohort(split["train"], split["val"], store, classes)
    fingerprint = _fingerprint(name, cohort, params, precision)
    models, courses = [], []
    with Curves(str(live_dir)) as live:
        for number in range(params.n_seeds):
            seed = params.seed + number
            path = workplace.checkpoints / f"seed{seed}" if workplace.checkpoints else None
            journal = Journal(live, f"seed{seed}/" if number else "", path, fingerprint)
            model, phase_courses = _fit_one(
                name, cohort, params, seed, journal, workplace.n_threads
            )
            models.append(model)
            courses.append(phase_courses)
    *before, last = courses[0]
    n_before = sum(len(course.history) for course in before)
    kept = kept_epoch(last.losses, params)
    return TrainingRun(
        *(average_logits(models), classes, precision, params.seed, n_before + len(last.history)),
        *(n_before + kept + 1, last.losses[kept], params.n_seeds),
    )


def _fit_one(
    name: str, cohort: Cohort, params: TrainParams, seed: int, journal: Journal, n_threads: int
) -> tuple[keras.Model, list[Course]]:
    """Fit the network of one seed, phase by phase."""
    keras.utils.set_random_seed(seed)
    model = build_classifier(name, cohort.store.size_px, len(cohort.classes), params.augment, seed)
    logger.info(
        "%s: %d parameters, %s, %d training and %d validation films of %d px",
        *(name, model.count_params(), keras.config.dtype_policy().name),
        *(len(cohort.train), len(cohort.val), cohort.store.size_px),
    )
    load_start(model, params)
    streams = [(stream, stream.numpy()) for stream in model.variables if "seed" in stream.path]
    courses: list[Course] = []
    for phase in phases(params):
        for stream, start in streams:  # draws of a phase do not depend on the one before
            stream.assign(start)
        phase.prepare(model)
        course = journal.course(phase, params, sum(len(course.history) for course in courses))
        train, val = cohort.batches(params, seed, phase.first_epoch + len(course.history))
        train.workers = n_threads
        _fit_phase(model, train, val, phase.settings(params), course)
        courses.append(course)
    return model, courses


def _fit_phase(
    model: keras.Model, train: Batches, val: Batches, params: TrainParams, course: Course
) -> None:
    if course.history:
        logger.info("going on after epoch %d of %d", len(course.history), params.epochs)
    if not course.is_over:
        compile_classifier(model, params, len(train))
        callbacks = [StopOnNaN(train, val)]
        if params.average_momentum is not None:
            average = AverageWeights(params.average_momentum, len(train))
            course.follow(average)
            callbacks.append(average)
        model.fit(
            train,
            validation_data=val,
            initial_epoch=len(course.history),
            epochs=params.epochs,
            verbose=0,
            shuffle=False,  # Batches shuffles, by seed and epoch
            callbacks=[*callbacks, course, LogEpoch(params.epochs, train.n_films)],
        )
    course.keep_best(model)


def compile_classifier(model: keras.Model, params: TrainParams, steps_per_epoch: int) -> None:
    """Give a network its optimiser, its loss and its schedule, as the stage trains it."""
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate(params, steps_per_epoch)),
        loss=build_loss(params),
        weighted_metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        # TensorFlow's XLA has no kernel for rotation and zoom, and is slower on a CPU
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    model.optimizer.build(model.trainable_variables)  # its variables may be restored


def _fingerprint(name: str, cohort: Cohort, params: TrainParams, precision: str) -> str:
    """What a run depends on: network, films, labels, pixels, settings, code, libraries."""
    columns = ["image_id", "class_index", "sample_weight", "n_repeats"]
    films = (table[columns].to_csv(index=False) for table in (cohort.train, cohort.val))
    shards = "\n".join(shard.name for shard in cohort.store.shards)
    libraries = f"{keras.backend.backend()} {keras.__version__}"
    settings = params.model_dump_json()
    classes = "\n".join(cohort.classes)
    return fingerprint_of([name, *films, shards, classes, settings, precision, libraries])
