"""Epochs and seeds of a run where params.yaml leaves them to the films."""

from tasks.core.params import StatedTrainParams, TrainParams

EPOCHS, N_SEEDS = 40, 3  # as in the published results
DRAWN_EPOCHS, N_DRAWN_SEEDS = 20, 1  # on synthetic films


def settings_for(stated: StatedTrainParams, *, is_synthetic: bool) -> TrainParams:
    """Fill in the numbers that depend on the films.

    Synthetic films only show that the pipeline works, so their run is short; other films get the
    recipe of the published results.

    Args:
        stated: Section `train`, with null where the films decide.
        is_synthetic: Whether a program drew the films.
    """
    epochs, n_seeds = (DRAWN_EPOCHS, N_DRAWN_SEEDS) if is_synthetic else (EPOCHS, N_SEEDS)
    own = {"epochs": stated.epochs or epochs, "n_seeds": stated.n_seeds or n_seeds}
    return TrainParams.model_validate(stated.model_dump() | own)
