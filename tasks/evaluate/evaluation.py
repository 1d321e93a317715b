"""The evaluation of one set of films, and of one model at home (`evaluation.json`)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.decision.decision import Decision
from tasks.core.params import EvaluateParams
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.class_view import view_classes
from tasks.evaluate.gaps import find_gaps
from tasks.evaluate.metric_intervals import EstimateDict
from tasks.evaluate.sides import require_both_sides
from tasks.evaluate.two_sided import judge_sides, no_sides

SPLIT_TITLES = {"test": "test", "val": "validation"}
# Parts of the evaluation of each split that have a key of their own in evaluation.json
_OF_SPLITS = ("classes_view", "per_patient")
_OF_TEST = ("prevalences", "decision_curve")
_MAIN_METRICS = ("auroc", "sensitivity", "specificity", "accuracy")


def evaluate_films(
    films: pd.DataFrame, decision: Decision, params: EvaluateParams
) -> dict[str, Any]:
    """Evaluate the calls of one model on one set of films.

    A number that the films do not support is null and is explained in `gaps`. Films without a
    label, or of a class that the model does not know, are not judged.

    Args:
        films: Rows of the predictions.
        decision: What validation decided for the model.
        params: Section `evaluate`.

    Returns:
        `n_images` and `n_patients` that are judged; the keys of `judge_sides`, or of `no_sides`
        without a negative class; `classes_view`, see `view_classes`; `gaps`, a list of sentences.
    """
    judged = films[films["label"].isin(decision.classes)]
    patients = judged["group_id"]
    if len(judged):
        resamples = resample_patients(patients, params.n_bootstrap, params.seed)
    else:
        resamples = np.empty((params.n_bootstrap, 0))
    sides = no_sides()
    if decision.negative_class is not None:
        sides = judge_sides(judged, decision, resamples, params)
    evaluation = {
        "n_images": len(judged),
        "n_patients": int(patients.nunique()),
        **sides,
        "classes_view": view_classes(judged, decision.classes, resamples),
    }
    return evaluation | {"gaps": find_gaps(films, decision, evaluation)}


def build_evaluation(
    predictions: pd.DataFrame, decision: Decision, params: EvaluateParams
) -> dict[str, Any]:
    """Evaluate one model on its validation and test films.

    Args:
        predictions: Table from `predict_films` of all films outside the training split.
        decision: What validation decided for the model.
        params: Section `evaluate`.

    Returns:
        `evaluation.json` without calibration, abstention, subgroups and guard. `negative_class` is
        None where no class means "no finding". Then `n_positive`, `confusion`, `per_patient`, the
        threshold and every two-sided metric are None; `operating_points`, `prevalences` and
        `decision_curve` are empty; and `classes_view` alone judges the model.

    Raises:
        EvaluationError: With a negative class, a split has positive or negative films only.
    """
    splits = {}
    for split, title in SPLIT_TITLES.items():
        films = predictions[predictions["split"] == split]
        if decision.negative_class is not None:
            positive = films["positive"].to_numpy(dtype=bool)
            require_both_sides(positive, split, decision.negative_class)
        splits[title] = evaluate_films(films, decision, params)
    own_key = {*_OF_SPLITS, *_OF_TEST, "operating_points"}
    return {
        "model": decision.model,
        "classes": list(decision.classes),
        "negative_class": decision.negative_class,
        "operating_point": _chosen_point(decision, params),
        **{
            title: {key: value for key, value in found.items() if key not in own_key}
            for title, found in splits.items()
        },
        **{part: {title: splits[title][part] for title in splits} for part in _OF_SPLITS},
        "operating_points": _named_points(decision, splits),
        **{part: splits["test"][part] for part in _OF_TEST},
    }


def _named_points(decision: Decision, splits: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: facts | {title: splits[title]["operating_points"][name] for title in splits}
        for name, facts in decision.points_by_name().items()
    }


def _chosen_point(decision: Decision, params: EvaluateParams) -> dict[str, Any]:
    rules = {point.name: point.rule for point in decision.operating_points}
    by_target = decision.operating_point == "target_sensitivity"
    return {
        "name": decision.operating_point,
        "threshold": decision.threshold,
        "target_sensitivity": params.target_sensitivity if by_target else None,
        "chosen_on": "validation",
        "threshold_on": decision.threshold_choice.as_dict(),
        "rule": rules.get(str(decision.operating_point), "the class with the largest probability"),
    }


def count_refused(predictions: pd.DataFrame) -> dict[str, int]:
    """Number of films of each split that the guard of the network refuses.

    The metrics count these films too: they use the logits, which no guard changes.

    Args:
        predictions: Table from `predict_films`.
    """
    refused = predictions.loc[predictions["is_refused"], "split"]
    return {title: int((refused == split).sum()) for split, title in SPLIT_TITLES.items()}


def main_metrics(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of one model that `dvc metrics show` prints.

    Args:
        evaluation: Content of `evaluation.json`.

    Returns:
        `main_estimates` of each split, and the threshold if there is one.
    """
    main: dict[str, Any] = {
        title: main_estimates(evaluation[title], evaluation["classes_view"][title])
        for title in SPLIT_TITLES.values()
    }
    threshold = evaluation["operating_point"]["threshold"]
    return main if threshold is None else main | {"threshold": threshold}


def main_estimates(
    sides: Mapping[str, Any], classes_view: Mapping[str, Any]
) -> dict[str, dict[str, float]]:
    """The main numbers of one set of films.

    Args:
        sides: Result of `evaluate_films`, or the same without some of its parts.
        classes_view: Its part `classes_view`.

    Returns:
        AUROC, sensitivity, specificity and accuracy, each as `value`, `low` and `high`; without a
        negative class the macro means of AUROC, recall and specificity of each class against the
        rest, and the share of films in their class. An undefined number is left out, since DVC
        shows numbers only.
    """
    estimates: dict[str, EstimateDict] = {name: sides[name] for name in _MAIN_METRICS}
    if sides["confusion"] is None:
        macro = classes_view["macro"]
        estimates = {
            "auroc": macro["auroc"],
            "sensitivity": macro["recall"],
            "specificity": macro["specificity"],
            "accuracy": classes_view["accuracy"],
        }
    return {name: _defined(estimate) for name, estimate in estimates.items()}


def _defined(estimate: EstimateDict) -> dict[str, float]:
    return {key: number for key, number in estimate.items() if number is not None}
