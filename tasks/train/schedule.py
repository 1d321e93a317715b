"""Learning rate, end and kept epoch of a run, from nothing but its losses so far.

Nothing here holds a state: a run that was interrupted goes on as soon as its losses are known.
"""

from collections.abc import Sequence

import keras

from tasks.core.params import TrainParams

PLATEAU_DELTA = 1e-4  # a loss must fall by more than this to count as lower


def learning_rate(
    params: TrainParams, steps_per_epoch: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """What the optimiser starts with.

    `cosine` rises from 0 over the warm-up, evenly, and falls to 0 at the last step of the last
    epoch as half a cosine; it is part of the compiled graph. The last epoch is never warm-up, in
    however short a run. `constant` and `plateau` are a number; `plateau_rate` lowers it between
    epochs.

    Source: Loshchilov and Hutter, arXiv 1608.03983, equation 5 without restarts; warm-up after
    Goyal et al., arXiv 1706.02677, section 2.2.
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
    """Learning rate of the epoch after those with these validation losses.

    Each time that `plateau_patience` epochs in a row brought no lower loss, the rate is multiplied
    by `plateau_factor`. The same rule as `keras.callbacks.ReduceLROnPlateau`.
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
    """Epoch, from 0, whose weights are kept: the first with the least validation loss.

    Without early stopping it is the last: the validation films choose nothing.
    """
    if params.early_stopping_patience is None:
        return len(losses) - 1
    return min(range(len(losses)), key=losses.__getitem__)


def is_over(losses: Sequence[float], params: TrainParams) -> bool:
    """Whether a run with these validation losses has ended: all epochs, or patience, are spent."""
    patience = params.early_stopping_patience
    if len(losses) >= params.epochs:
        return True
    return bool(losses) and patience is not None and _n_since_best(losses) >= patience


def _n_since_best(losses: Sequence[float]) -> int:
    return len(losses) - 1 - min(range(len(losses)), key=losses.__getitem__)
