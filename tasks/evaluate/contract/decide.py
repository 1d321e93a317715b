"""All choices for one model, made on its validation films."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.classifier import INPUT, Contract
from tasks.core.decision.decision import OperatingPoint
from tasks.core.decision.hashes import hash_films
from tasks.core.decision.log_odds import Logits
from tasks.core.decision.threshold_choice import UNCHANGED, Condition, ThresholdChoice
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.intervals import wilson_interval
from tasks.evaluate.contract.calibration_fit import choose_calibration
from tasks.evaluate.contract.conformal_fit import fit_conformal_sets
from tasks.evaluate.contract.operating_points import choose_operating_points, rates_of_films
from tasks.evaluate.sides import require_negative_class

# Training films behind the novelty score: plenty for its widest directions, of which it keeps 32
MAX_REFERENCE_FILMS = 2000


def draw_reference(films: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Films that the novelty score compares with: all, or 2,000 of them, in their order.

    Args:
        films: Training rows of the samples, sorted by image id.
        seed: Seed of the draw.
    """
    if len(films) <= MAX_REFERENCE_FILMS:
        return films
    drawn = np.random.default_rng(seed).choice(len(films), MAX_REFERENCE_FILMS, replace=False)
    return films.iloc[np.sort(drawn)]


def decide(
    films: pd.DataFrame,
    by_condition: Mapping[str, Logits],
    network: Contract,
    network_sha256: str,
    params: EvaluateParams,
) -> dict[str, Any]:
    """Choose calibration, operating points and conformal sets.

    The films as they are fit the calibration and the conformal sets, whatever chooses the
    thresholds: a calibration over changed films would be right on average and wrong at home.

    Args:
        films: Validation rows of the samples, sorted by image id, with the classes of the network.
        by_condition: (n, n_classes) float32, aligned with `films`, by the name of the condition.
            The first is `UNCHANGED`; others are needed unless `threshold_on` is `validation`.
        network: What the network promises.
        network_sha256: Hash of its file.
        params: Section `evaluate`.

    Returns:
        The contract, without the novelty reference and without its own hash.

    Raises:
        EvaluationError: The negative class is not one of the classes, or validation has positive
            films only, or negative films only.
    """
    class_index = films["label"].map(network.classes.index).to_numpy(dtype=np.int64)
    logits = by_condition[UNCHANGED]
    choice = choose_calibration(logits, class_index, films["group_id"], params.seed)
    probabilities = choice.calibrator.apply(logits)
    conformal = fit_conformal_sets(probabilities, class_index, params.coverage)
    return {
        "model": network.model,
        "classes": list(network.classes),
        "negative_class": params.negative_class,
        "network": {
            "sha256": network_sha256,
            "size_px": network.size_px,
            "precision": network.precision,
            "input": INPUT,
        },
        "calibration": {
            "method": choice.calibrator.method,
            "parameters": choice.calibrator.as_dict(),
            "fitted_on": "validation",
            "chosen_by": choice.chosen_by,
            "candidates": [
                {"method": method, "log_loss": loss} for method, loss in choice.log_losses.items()
            ],
        },
        **_operating_points(
            films,
            {name: choice.calibrator.apply(one) for name, one in by_condition.items()},
            network.classes,
            params,
        ),
        "conformal": conformal.as_dict(),
        "validation": {
            "films_sha256": hash_films(films["image_id"], films["label"]),
            "n_images": len(films),
            "n_patients": int(films["group_id"].nunique()),
        },
    }


def _operating_points(
    films: pd.DataFrame,
    probabilities: Mapping[str, Floats],
    classes: tuple[str, ...],
    params: EvaluateParams,
) -> dict[str, Any]:
    """Operating points, the name of the one that calls the films, and the films that chose."""
    if params.negative_class is None:
        nothing = ThresholdChoice(params.threshold_on, ())
        return _point_keys((), None, nothing)
    require_negative_class(classes, params)
    column = classes.index(params.negative_class)
    prob_positive = {name: 1.0 - one[:, column] for name, one in probabilities.items()}
    positive = (films["label"] != params.negative_class).to_numpy()
    points = choose_operating_points(
        np.stack(list(prob_positive.values())),
        positive,
        threshold_on=params.threshold_on,
        target_sensitivity=params.target_sensitivity,
        target_specificity=params.target_specificity,
        missed_finding_cost=params.missed_finding_cost,
    )
    threshold = {point.name: point.threshold for point in points}[params.operating_point]
    found = tuple(
        _condition(name, rates_of_films(threshold, prob, positive), positive, films["group_id"])
        for name, prob in prob_positive.items()
    )
    choice = ThresholdChoice(params.threshold_on, found)
    return _point_keys(points, params.operating_point, choice)


def _point_keys(
    points: Sequence[OperatingPoint], chosen: str | None, choice: ThresholdChoice
) -> dict[str, Any]:
    return {
        "operating_points": [vars(point) for point in points],
        "operating_point": chosen,
        "threshold_on": choice.as_dict(),
    }


def _condition(
    name: str, rates: tuple[float, float], positive: Bools, patients: pd.Series
) -> Condition:
    n_patients = (patients[positive].nunique(), patients[~positive].nunique())
    sensitivity, specificity = map(_rate_by_patient, rates, n_patients)
    return Condition(name, sensitivity, specificity)


def _rate_by_patient(value: float, n_patients: int) -> dict[str, float]:
    """A share of films with Wilson's interval, which counts patients: films of one are alike."""
    found = wilson_interval(round(value * n_patients), n_patients)
    return {"value": value, "low": found.low, "high": found.high}
