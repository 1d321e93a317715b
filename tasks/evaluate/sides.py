"""Checks on the classes, and on the two sides of the decision: the negative class, and the rest."""

from collections.abc import Sequence

import pandas as pd

from tasks.core import paths
from tasks.core.errors import EvaluationError
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Bools


def require_same_classes(of_model: Sequence[str], of_films: Sequence[str], model: str) -> None:
    """Check that a model predicts the classes of the films, in the order of their names.

    Args:
        of_model: Classes in the contract of the model.
        of_films: Class of each film.
        model: Name of the model.

    Raises:
        EvaluationError: They are other classes, or in another order.
    """
    if list(of_model) != sorted(set(of_films)):
        raise EvaluationError(
            "a model must have the classes of the films, sorted",
            found=f"{', '.join(of_model)}, but the films have {', '.join(sorted(set(of_films)))}",
            where=f"the contract of model {model}",
            next_step="run `dvc repro`, which trains the network on these films",
        )


def require_films(samples: pd.DataFrame, splits: Sequence[str]) -> None:
    """Check that each of some splits has films.

    Args:
        samples: Rows of the cohort.
        splits: Names of the splits.

    Raises:
        EvaluationError: One has none.
    """
    empty = sorted(set(splits) - set(samples["split"]))
    if empty:
        raise EvaluationError(
            "each split that a stage reads must have films",
            found=f"no film in split {' and '.join(empty)}",
            where=str(paths.SAMPLES),
            next_step="run `dvc repro resample`; set resample.val_share and test_share, or add"
            " patients",
        )


def require_trained_classes(samples: pd.DataFrame) -> None:
    """Check that every class of the validation and test films has training films.

    Args:
        samples: Rows of the cohort.

    Raises:
        EvaluationError: A class has none.
    """
    trained = set(samples.loc[samples["split"] == "train", "label"])
    unknown = sorted(set(samples["label"]) - trained)
    if unknown:
        splits = sorted(set(samples.loc[samples["label"].isin(unknown), "split"]))
        raise EvaluationError(
            "a model can only be judged on classes that it was trained on",
            found=f"no training film of {', '.join(unknown)}",
            where=f"{paths.SAMPLES}, split {' and '.join(splits)}",
            next_step="add training films of that class, or leave its films out of the source",
        )


def require_negative_class(classes: Sequence[str], params: EvaluateParams) -> None:
    """Check that `evaluate.negative_class` is one of the classes.

    Raises:
        EvaluationError: It is not.
    """
    if params.negative_class not in classes:
        raise EvaluationError(
            "evaluate.negative_class must be one of the classes",
            found=str(params.negative_class),
            where="params.yaml: evaluate.negative_class",
            next_step=f"choose from: {', '.join(classes)}",
        )


def require_both_sides(positive: Bools, split: str, negative_class: str) -> None:
    """Check that a split has positive and negative films.

    Args:
        positive: (n,) whether each film of the split is positive.
        split: Name of the split.
        negative_class: The class without a finding.

    Raises:
        EvaluationError: The split has positive films only, or negative films only.
    """
    if not 0 < positive.sum() < len(positive):
        raise EvaluationError(
            "a split needs positive and negative films to be evaluated",
            found=f"{int(positive.sum())} positive of {len(positive)}",
            where=f"split {split}",
            next_step=f"check evaluate.negative_class ({negative_class}) and the folders",
        )
