"""The view of two sides: any finding against none."""

from typing import Any

import numpy as np
import pandas as pd

from tasks.core.decision.decision import Decision
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Floats
from tasks.evaluate.call_counts import CALL_METRICS
from tasks.evaluate.call_intervals import call_intervals
from tasks.evaluate.decision_curve import decision_curve
from tasks.evaluate.metric_intervals import undefined, with_interval
from tasks.evaluate.metrics import METRICS, Scored
from tasks.evaluate.per_patient import judge_patients
from tasks.evaluate.predictive_values import predictive_values

POINT_METRICS = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "f1")


def judge_sides(
    films: pd.DataFrame, decision: Decision, resamples: Floats, params: EvaluateParams
) -> dict[str, Any]:
    """Metrics of calling a film positive, at each operating point and for each patient.

    Args:
        films: n rows of the predictions, each with a label.
        decision: What validation decided, with a negative class.
        resamples: (R, n) from `bootstrap.resample_patients`.
        params: Section `evaluate`.

    Returns:
        `n_positive`, `confusion` and each of `METRICS` at the chosen operating point;
        `operating_points` with `POINT_METRICS` by name; `per_patient`; `prevalences`;
        `decision_curve`.
    """
    scored, patients = scored_films(films), films["group_id"]
    outcomes = films["outcome"].value_counts()
    thresholds = np.array([point.threshold for point in decision.operating_points])
    called = scored.prob[:, np.newaxis] >= thresholds
    points = call_intervals(scored, called, POINT_METRICS, patients, resamples)
    names = [point.name for point in decision.operating_points]
    chosen = scored.called[:, np.newaxis]
    (of_calls,) = call_intervals(scored, chosen, CALL_METRICS, patients, resamples)
    return {
        "n_positive": int(scored.positive.sum()),
        "confusion": {key: int(outcomes.get(key.upper(), 0)) for key in ("tp", "fp", "tn", "fn")},
        **{
            name: of_calls[name]
            if name in of_calls
            else with_interval(name, scored, patients, resamples)
            for name in METRICS
        },
        "operating_points": dict(zip(names, points, strict=True)),
        "per_patient": judge_patients(scored, patients, resamples),
        "prevalences": predictive_values(scored, patients, resamples, params.prevalences),
        "decision_curve": decision_curve(scored, patients, resamples),
    }


def no_sides() -> dict[str, Any]:
    """The keys of `judge_sides` where no class is negative: null, or empty."""
    return {
        "n_positive": None,
        "confusion": None,
        **{name: undefined() for name in METRICS},
        "operating_points": {},
        "per_patient": None,
        "prevalences": [],
        "decision_curve": [],
    }


def scored_films(films: pd.DataFrame) -> Scored:
    """Truth, calls and probabilities of some rows of the predictions."""
    return Scored(
        positive=films["positive"].to_numpy(dtype=bool),
        called=films["called_positive"].to_numpy(dtype=bool),
        prob=films["prob_positive"].to_numpy(dtype=np.float64),
    )
