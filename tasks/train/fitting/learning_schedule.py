"""Learning rate, last epoch and kept epoch of a run, computed from its validation losses.

`ReduceLROnPlateau` and `EarlyStopping` of Keras keep counters in memory and reset them when `fit`
starts: a resumed run would lower the rate and stop at other epochs. The functions here have no
state, so a resumed run needs only the losses so far.
"""

from collections.abc import Sequence

import keras

from tasks.core.params import TrainParams

PLATEAU_DELTA = 1e-4  # a loss counts as lower if it falls by more than this


def learning_rate(
    params: TrainParams, steps_per_epoch: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Learning rate, or schedule of it, that the optimiser starts with.

    `cosine` is a schedule: the rate rises linearly from 0 during the warm-up, then falls along half
    a cosine to 0 at the last step. The last epoch is never warm-up, even in a short run.
    `constant` and `plateau` are a number; `plateau_rate` lowers it between epochs.

    Args:
        params: Section `train`.
        steps_per_epoch: Batches per epoch.

    Source: Loshchilov and Hutter, arXiv 1608.03983, equation 5 without restarts; warm-up: Goyal
    et al., arXiv 1706.02677, section 2.2.
    """
    if params.schedule != "cosine":
        return params.learning_rate
    warm_up = min(params.warmup_epochs, params.epochs - 1) * steps_per_epoch
    return keras.optimizers.schedules.CosineDecay(
        0.0 if warm_up else params.learning_rate,
        decay_steps=params.epochs * steps_per_epoch - warm_up,
        warmup_target=params.learning_rate if warm_up else None,
        warmup_steps=warm_up,
    )


def plateau_rate(losses: Sequence[float], params: TrainParams) -> float:
    """Learning rate of the next epoch under `plateau`.

    After each `plateau_patience` epochs in a row without a lower loss, the rate is multiplied by
    `plateau_factor`: the rule of `keras.callbacks.ReduceLROnPlateau`.

    Args:
        losses: Validation losses so far.
        params: Section `train`.
    """
    rate, best, n_waited = params.learning_rate, float("inf"), 0
    for loss in losses:
        if loss < best - PLATEAU_DELTA:
            best, n_waited = loss, 0
            continue
        n_waited += 1
        if n_waited >= params.plateau_patience:
            rate, n_waited = rate * params.plateau_factor, 0
    return rate


def kept_epoch(losses: Sequence[float], params: TrainParams) -> int:
    """Number, from 0, of the epoch whose weights are kept.

    With early stopping it is the first epoch with the lowest validation loss. Without, it is the
    last epoch, so that the validation films choose nothing.
    """
    if params.early_stopping_patience is None:
        return len(losses) - 1
    return min(range(len(losses)), key=losses.__getitem__)


def is_over(losses: Sequence[float], params: TrainParams) -> bool:
    """Whether a run has ended: it has done all epochs, or has used up its patience."""
    patience = params.early_stopping_patience
    if len(losses) >= params.epochs:
        return True
    return bool(losses) and patience is not None and _n_since_best(losses) >= patience


def _n_since_best(losses: Sequence[float]) -> int:
    return len(losses) - 1 - min(range(len(losses)), key=losses.__getitem__)
