"""What section `train` of params.yaml leaves to the films: null takes the value of these tables."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.core.params import Preset, Pretraining, StatedTrainParams, TrainParams

if TYPE_CHECKING:  # imported where it is used, so that `--help` answers at once
    import pandas as pd


@dataclass(frozen=True)
class FilmDefaults:
    """Values for the keys of `train` that are null; see `StatedTrainParams`.

    preset: of `augment`. pretraining: the method, for networks of random weights.
    """

    epochs: int
    n_seeds: int
    n_views: int
    preset: Preset
    pretraining: Pretraining


# Views, preset and pretraining: chosen by the rule of reports/results/recipes.md, which also says
# what was known of the test when the rule was written. Epochs and seeds: those of the earlier
# results in the README; no validation chose them.
REAL_FILMS = FilmDefaults(40, n_seeds=3, n_views=6, preset="wide_crops", pretraining="barlow_twins")
# They only show that the pipeline works, so the training is short, with the former preset.
SYNTHETIC_FILMS = FilmDefaults(20, n_seeds=1, n_views=1, preset="radiograph", pretraining="none")


def settings_for(stated: StatedTrainParams, *, is_synthetic: bool) -> TrainParams:
    """Fill in the values that depend on the films.

    Args:
        stated: Section `train`, with null where the films decide.
        is_synthetic: Whether a program drew the films.
    """
    defaults = SYNTHETIC_FILMS if is_synthetic else REAL_FILMS
    method = defaults.pretraining if stated.weights == "none" else "none"
    sections = {
        "augment": {"preset": stated.augment.preset or defaults.preset},
        "pretraining": {"method": stated.pretraining.method or method},
    }
    own = {
        "epochs": stated.epochs or defaults.epochs,
        "n_seeds": stated.n_seeds or defaults.n_seeds,
        "n_views": stated.n_views or defaults.n_views,
    }
    values = stated.model_dump() | own
    return TrainParams.model_validate(
        values | {name: values[name] | changes for name, changes in sections.items()}
    )


def settings_for_films(stated: StatedTrainParams, samples: "pd.DataFrame") -> TrainParams:
    """Fill in the values that depend on the films of a table.

    Args:
        stated: Section `train`.
        samples: Column `is_synthetic`; one synthetic film makes the set synthetic.
    """
    return settings_for(stated, is_synthetic=bool(samples["is_synthetic"].eq(True).any()))
