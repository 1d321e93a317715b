"""Pretraining of one network on the films of the training split; labels are not read."""

import logging
from dataclasses import dataclass

import keras
import pandas as pd

from tasks.core.compute.progress import Progress
from tasks.core.image_store.store import ImageStore
from tasks.core.params import TrainParams
from tasks.train.fitting.batches import Batches
from tasks.train.fitting.callbacks import ShowProgress, StopOnNaN
from tasks.train.fitting.compilation import compile_network
from tasks.train.fitting.resumable_run import ResumableRun
from tasks.train.pretraining.barlow_twins import view_agreement
from tasks.train.pretraining.twin_network import build_twins, build_viewer, copy_trunk

logger = logging.getLogger(__name__)


class WholeBatches(Batches):
    """Batches without the last, smaller one: a correlation of few films says little."""

    def __len__(self) -> int:
        """Whole batches per epoch."""
        return len(self._films) // self._batch_size

    @property
    def n_films(self) -> int:
        """Films per epoch."""
        return len(self) * self._batch_size


@dataclass(frozen=True)
class Unlabelled:
    """Films of a pretraining: each row of `films` (column `image_id`) once per epoch.

    seed: of the order and of the views. n_threads: threads that read films ahead.
    """

    films: pd.DataFrame
    store: ImageStore
    seed: int
    n_threads: int

    def batches(self, batch_size: int, first_epoch: int) -> WholeBatches:
        """Whole batches in the order of the seed; with fewer films than that, one of all films."""
        films = self.films[["image_id"]].assign(class_index=0, sample_weight=1.0, n_repeats=1)
        size = min(batch_size, len(films))
        batches = WholeBatches(films, self.store, 1, size, self.seed, first_epoch)
        batches.workers = self.n_threads
        return batches


def pretraining_settings(params: TrainParams) -> TrainParams:
    """Section `train` of the pretraining, as if it were a run.

    Adam at `learning_rate`, after `warmup_epochs` along half a cosine. No film is validated, so
    all epochs run and the last weights are kept.

    Source: the schedule: Zbontar et al., arXiv 2103.03230, section 2.2, "Optimization"; Adam at
    0.001: Tsai et al., arXiv 2104.13712, code. The paper's LARS is for batches of thousands.
    """
    own = {"epochs": params.pretraining.epochs, "batch_size": params.pretraining.batch_size}
    off = ("early_stopping_patience", "average_momentum", "average_epochs")
    return params.model_copy(update=own | dict.fromkeys(off) | {"schedule": "cosine"})


def pretrain(
    model: keras.Model, data: Unlabelled, params: TrainParams, run: ResumableRun, label: str
) -> None:
    """Set the weights before `logits` to those that Barlow Twins finds from the present ones.

    Args:
        model: From `build_classifier`; its head stays as it is.
        data: Films of the training split.
        params: Section `train`.
        run: Run of `pretraining_settings`, new or interrupted.
        label: Name of the network in the log.

    Raises:
        TrainingError: The loss is not a finite number, or the disk refuses the checkpoint.
    """
    own = params.pretraining
    viewer = build_viewer(model, data.seed, own.crop_min_area)
    twins = build_twins(viewer, own.projector_units)
    batches = data.batches(own.batch_size, len(run.history))
    _fit(twins, batches, pretraining_settings(params), run, label)
    run.set_kept_weights(twins)
    copy_trunk(viewer, model)
    last = run.history[-1]
    logger.info(
        "%s: done, %d epochs on %d films, loss %.3f and agreement of the views %.3f",
        label,
        len(run.history),
        len(data.films),
        last["loss"],
        last["view_agreement"],
    )


def _fit(
    twins: keras.Model, batches: Batches, settings: TrainParams, run: ResumableRun, label: str
) -> None:
    """Run the epochs that remain."""
    n_done = len(run.history)
    if n_done:
        logger.info("%s: resuming after epoch %d of %d", label, n_done, settings.epochs)
    if run.is_over:
        return
    compile_network(twins, settings, len(batches), metrics=[view_agreement])
    progress = Progress(settings.epochs, unit="epochs", label=label, n_before=n_done)
    with progress:
        twins.fit(
            batches,
            initial_epoch=n_done,
            epochs=settings.epochs,
            verbose=0,
            shuffle=False,  # Batches shuffles, by seed and epoch
            callbacks=[
                StopOnNaN(batches, batches),
                run,
                ShowProgress(progress, batches.n_films),
            ],
        )
