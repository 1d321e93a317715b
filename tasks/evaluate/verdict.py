"""The metrics of one model on each split and subgroup, as `metrics.json` holds them."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.errors import EvaluationError
from tasks.core.params import EvaluateParams
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.intervals import n_patients_of, with_interval
from tasks.evaluate.metrics import METRICS, Scored, sensitivity, specificity
from tasks.evaluate.predictions import Choices

SPLIT_TITLES = {"test": "test", "val": "validation"}
SMALLEST_SUBGROUP = 5  # films; below it an interval spans nearly everything


def judge(
    name: str,
    predictions: pd.DataFrame,
    classes: tuple[str, ...],
    choices: Choices,
    params: EvaluateParams,
) -> dict[str, Any]:
    """All metrics of one model.

    Args:
        name: Of the model.
        predictions: The table that `build_predictions` gives.
        classes: Names of the classes.
        choices: What was chosen on validation.
        params: Section `evaluate`.

    Raises:
        EvaluationError: A split holds positive films only, or negative films only.
    """
    splits = {split: predictions[predictions["split"] == split] for split in SPLIT_TITLES}
    return {
        "model": name,
        "classes": list(classes),
        "negative_class": params.negative_class,
        "operating_point": {
            "threshold": choices.threshold,
            "target_sensitivity": params.target_sensitivity,
            "chosen_on": "validation",
            "rule": "highest threshold with that sensitivity",
        },
        "calibration": {"temperature": choices.temperature, "fitted_on": "validation"},
        **{
            SPLIT_TITLES[split]: _judge_split(split, films, params)
            for split, films in splits.items()
        },
        "subgroups": _judge_subgroups(splits["test"], params),
    }


def as_scored(films: pd.DataFrame) -> Scored:
    """Truth, calls and probabilities of some rows of the predictions."""
    return Scored(
        films["positive"].to_numpy(dtype=bool),
        films["called_positive"].to_numpy(dtype=bool),
        films["prob_positive"].to_numpy(dtype=np.float64),
    )


def _judge_split(split: str, films: pd.DataFrame, params: EvaluateParams) -> dict[str, Any]:
    if films["positive"].nunique() < 2:
        raise EvaluationError(
            "a split needs positive and negative films to be judged",
            found=f"{int(films['positive'].sum())} positive of {len(films)}",
            where=f"split {split}",
            next_step=f"check evaluate.negative_class ({params.negative_class}) and the folders",
        )
    scored = as_scored(films)
    resamples = resample_patients(films["group_id"], params.n_bootstrap, params.seed)
    outcomes = films["outcome"].value_counts()
    return {
        "n_images": len(films),
        "n_patients": int(films["group_id"].nunique()),
        "n_positive": int(scored.positive.sum()),
        "confusion": {key: int(outcomes.get(key.upper(), 0)) for key in ("tp", "fp", "tn", "fn")},
        **{
            metric: with_interval(
                METRICS[metric],
                scored,
                resamples,
                n_patients_of(_speaks_of(metric, scored), films["group_id"]),
            )
            for metric in METRICS
        },
    }


def _speaks_of(metric: str, scored: Scored) -> NDArray[np.bool_]:
    """The films in a metric's denominator."""
    denominators = {
        "sensitivity": scored.positive,
        "specificity": ~scored.positive,
        "ppv": scored.called,
        "npv": ~scored.called,
    }
    return denominators.get(metric, np.ones_like(scored.positive))


def _judge_subgroups(films: pd.DataFrame, params: EvaluateParams) -> list[dict[str, Any]]:
    """Sensitivity or specificity of each subtype and class of the test split, sorted by name."""
    names = films["subtype"].fillna(films["label"])
    rows = []
    for name in sorted(names.unique()):
        group = films[names == name]
        if len(group) < SMALLEST_SUBGROUP:
            continue
        positive = bool(group["positive"].iloc[0])
        metric, word = (sensitivity, "sensitivity") if positive else (specificity, "specificity")
        resamples = resample_patients(group["group_id"], params.n_bootstrap, params.seed)
        n_patients = int(group["group_id"].nunique())
        rows.append(
            {
                "name": name,
                "split": "test",
                "n_images": len(group),
                "n_patients": n_patients,
                word: with_interval(metric, as_scored(group), resamples, n_patients),
            }
        )
    return rows
