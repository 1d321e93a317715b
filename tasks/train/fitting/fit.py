"""One training run: fit a network per seed, and average the logits of seeds and views."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import keras
import pandas as pd

from tasks.core.image_store.store import ImageStore
from tasks.core.params import TrainParams
from tasks.train.fitting.checkpoint import fingerprint_of
from tasks.train.fitting.devices import prepare_devices
from tasks.train.fitting.metrics_log import MetricsLog
from tasks.train.fitting.network_run import NetworkRun, TrainingData, fit_network
from tasks.train.network.build import find_network
from tasks.train.network.ensemble import average_logits


@dataclass(frozen=True)
class TrainingRun:
    """A trained network and the facts of its training.

    model: mean of n_seeds networks and n_views views of each film, each network with the weights of
    its kept epoch. seed, epochs_run, best_epoch (the kept one, from 1) and best_loss (validation,
    of the square alone) describe the first network.
    """

    model: keras.Model
    classes: tuple[str, ...]
    precision: str
    seed: int
    epochs_run: int
    best_epoch: int
    best_loss: float
    n_seeds: int = 1
    n_views: int = 1


@dataclass(frozen=True)
class Resources:
    """Resources of a run that do not change its result.

    checkpoints: folder with one file per seed, from which an interrupted run resumes; None writes
    no checkpoints. n_threads: threads that read films ahead; None for one per core.
    """

    checkpoints: Path | None = None
    n_threads: int | None = None

    def checkpoint(self, seed: int) -> Path | None:
        """Checkpoint of the network of one seed."""
        return self.checkpoints / f"seed{seed}" if self.checkpoints else None


def fit(
    name: str,
    samples: pd.DataFrame,
    store: ImageStore,
    params: TrainParams,
    live_dir: Path,
    resources: Resources = Resources(),
) -> TrainingRun:
    """Train one network of the zoo, once per seed.

    A killed run resumes from its checkpoints and ends with the same weights and curves, if data,
    settings and code are unchanged.

    Args:
        name: Network of the zoo.
        samples: Table of samples; the split `test` is not used. Group DRO also needs the column
            `acquisition`, the acquisition cluster of each training film.
        store: Pixels of the films.
        params: Section `train`.
        live_dir: Folder for metrics.json and DVCLive's curves, one TSV per metric.
        resources: Checkpoints and threads.

    Raises:
        TrainingError: The network is unknown, the initial weights are missing or wrong, a loss is
            not a finite number, or the disk refuses the checkpoint.
    """
    find_network(name)  # an unknown name is refused first
    logging.getLogger(__name__).info(
        "%s: networks: %d, epochs: %d, views of a film: %d, augmentation: %s, pretraining: %s",
        name,
        params.n_seeds,
        params.epochs,
        params.n_views,
        params.augment.preset,
        params.pretraining.method,
    )
    precision = prepare_devices(params)
    split = dict(iter(samples.groupby("split")))
    classes = tuple(sorted(samples["label"].unique()))
    data = TrainingData(split["train"], split["val"], store, classes)
    fingerprint = _fingerprint(name, data, params, precision)
    n_threads = resources.n_threads or os.cpu_count() or 1
    fitted = []
    with MetricsLog(str(live_dir)) as log:
        for number in range(params.n_seeds):
            path = resources.checkpoint(params.seed + number)
            network_run = NetworkRun(number, log, path, fingerprint, n_threads)
            fitted.append(fit_network(name, data, params, network_run))
        log.write_means([one.kept_row for one in fitted], [len(one.history) for one in fitted])
    first = fitted[0]
    return TrainingRun(
        model=average_logits([network.model for network in fitted], params.n_views),
        classes=classes,
        precision=precision,
        seed=params.seed,
        epochs_run=len(first.history),
        best_epoch=first.kept + 1,
        best_loss=first.kept_row["val_loss"],
        n_seeds=params.n_seeds,
        n_views=params.n_views,
    )


def _fingerprint(name: str, data: TrainingData, params: TrainParams, precision: str) -> str:
    """Hash of all that a run depends on: films, labels, pixels, settings, libraries and code."""
    columns = ["image_id", "class_index", "sample_weight", "n_repeats"]
    groups = data.groups(params)
    of_film = groups.of_film.tobytes() if groups else b""
    films = (table[columns].to_csv(index=False) for table in (data.train, data.val))
    shards = "\n".join(shard.name for shard in data.store.shards)
    libraries = f"{keras.backend.backend()} {keras.__version__}"
    settings = params.model_dump_json()
    classes = "\n".join(data.classes)
    return fingerprint_of(name, [*films, of_film, shards, classes, settings, precision, libraries])
