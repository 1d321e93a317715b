"""The full evaluation of one model (`evaluation.json`), and its main numbers (`metrics.json`)."""

from typing import Any

import numpy as np
import pandas as pd

from tasks.core.params import EvaluateParams
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.metric_intervals import with_interval
from tasks.evaluate.metrics import METRICS, Scored
from tasks.evaluate.predictions import Choices
from tasks.evaluate.sides import require_both_sides

SPLIT_TITLES = {"test": "test", "val": "validation"}
SMALLEST_SUBGROUP = 5  # films; the interval of a smaller group is too wide to be useful
_MAIN_METRICS = ("auroc", "sensitivity", "specificity", "accuracy")


def build_evaluation(
    name: str,
    predictions: pd.DataFrame,
    classes: tuple[str, ...],
    choices: Choices,
    params: EvaluateParams,
) -> dict[str, Any]:
    """All metrics of one model, by split and subgroup.

    Args:
        name: Name of the model.
        predictions: Table from `build_predictions`.
        classes: Names of the classes.
        choices: Temperature and threshold, fitted on validation.
        params: Section `evaluate`.

    Raises:
        EvaluationError: A split has positive films only, or negative films only.
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
            SPLIT_TITLES[split]: _evaluate_split(split, films, params)
            for split, films in splits.items()
        },
        "subgroups": _evaluate_subgroups(splits["test"], params),
    }


def main_metrics(evaluation: dict[str, Any]) -> dict[str, Any]:
    """The numbers that `dvc metrics show` prints.

    Args:
        evaluation: Result of `build_evaluation`.

    Returns:
        AUROC, sensitivity, specificity and accuracy of each split, each as `value`, `low` and
        `high`, and the threshold. An undefined number is left out.
    """
    return {
        split: {name: _defined(evaluation[split][name]) for name in _MAIN_METRICS}
        for split in SPLIT_TITLES.values()
    } | {"threshold": evaluation["operating_point"]["threshold"]}


def _defined(estimate: dict[str, float | None]) -> dict[str, float]:
    return {key: number for key, number in estimate.items() if number is not None}


def scored_films(films: pd.DataFrame) -> Scored:
    """Truth, calls and probabilities of some rows of the predictions."""
    return Scored(
        positive=films["positive"].to_numpy(dtype=bool),
        called=films["called_positive"].to_numpy(dtype=bool),
        prob=films["prob_positive"].to_numpy(dtype=np.float64),
    )


def _evaluate_split(split: str, films: pd.DataFrame, params: EvaluateParams) -> dict[str, Any]:
    scored = scored_films(films)
    require_both_sides(scored.positive, split, params)
    resamples = resample_patients(films["group_id"], params.n_bootstrap, params.seed)
    outcomes = films["outcome"].value_counts()
    return {
        "n_images": len(films),
        "n_patients": int(films["group_id"].nunique()),
        "n_positive": int(scored.positive.sum()),
        "confusion": {key: int(outcomes.get(key.upper(), 0)) for key in ("tp", "fp", "tn", "fn")},
        **{name: with_interval(name, scored, films["group_id"], resamples) for name in METRICS},
    }


def _evaluate_subgroups(films: pd.DataFrame, params: EvaluateParams) -> list[dict[str, Any]]:
    """Sensitivity or specificity of each subtype or class, and of each class at each site."""
    names = films["subtype"].fillna(films["label"])
    groups = _groups(names, films, params)
    if films["site"].nunique() > 1:
        groups += _groups(films["label"] + " at " + films["site"].fillna("no site"), films, params)
    return groups


def _groups(names: pd.Series, films: pd.DataFrame, params: EvaluateParams) -> list[dict[str, Any]]:
    rows = []
    for name in sorted(names.unique()):
        group = films[names == name]
        if len(group) < SMALLEST_SUBGROUP:
            continue
        metric = "sensitivity" if group["positive"].iloc[0] else "specificity"
        patients = group["group_id"]
        resamples = resample_patients(patients, params.n_bootstrap, params.seed)
        rows.append(
            {
                "name": name,
                "split": "test",
                "n_images": len(group),
                "n_patients": int(patients.nunique()),
                metric: with_interval(metric, scored_films(group), patients, resamples),
            }
        )
    return rows
