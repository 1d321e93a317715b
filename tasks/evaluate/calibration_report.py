"""Whether the stated probabilities come true: before and after calibration, on any set of films."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.decision.calibrators import LOG_TEMPERATURE_RANGE, TemperatureScaling
from tasks.core.decision.decision import Decision
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.bootstrap import percentile_interval, resample_patients
from tasks.evaluate.calibration_interval import rank_bins
from tasks.evaluate.metric_intervals import EstimateDict, with_interval
from tasks.evaluate.metrics import Scored

_LEAST = float(np.finfo(np.float64).eps)  # a probability of 0 counts as this, as in scikit-learn
EDGE_WIDTH = 0.01  # of the logarithm; the search stops a little before its end
_STAGES = {"before": "_raw", "after": ""}  # endings of the columns with the probabilities


@dataclass(frozen=True)
class Forecasts:
    """What a model states of n films, and what came true.

    prob: (n,) stated probability of an event. occurred: (n,) bool. log_loss, squares: (n,) the
    loss of each film.
    """

    prob: Floats
    occurred: Bools
    log_loss: Floats
    squares: Floats


def report_calibration(
    films: pd.DataFrame, decision: Decision, params: EvaluateParams
) -> dict[str, Any]:
    """Calibration of one set of films: of a split, or of an external cohort.

    With a negative class the event is a finding, and the loss that of two sides. Without one the
    event is that the called class is true, and the loss that of all classes.

    Args:
        films: Rows of the predictions; those without a label are left out.
        decision: What validation decided.
        params: Section `evaluate`.

    Returns:
        `event`, `method`, `temperature` (1 if another method was chosen), `temperature_limits` and
        `is_at_edge` (the ends of the search, and whether the temperature stands at one),
        `fitted_on`, `chosen_by` and `candidates`; `before` and `after` with `ece`, `log_loss` and
        `brier`; `reliability` with the bins of both, see `reliability_bins`. Without films the
        numbers are None.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017 (ECE). Brier, Monthly
    Weather Review 78(1), 1950 (the sum over the classes).
    """
    judged = films[films["label"].isin(decision.classes)].reset_index(drop=True)
    patients = judged["group_id"]
    resamples = np.empty((params.n_bootstrap, 0))
    if len(judged):
        resamples = resample_patients(patients, params.n_bootstrap, params.seed)
    stated = {stage: _stated(judged, decision, end) for stage, end in _STAGES.items()}
    calibrator = decision.calibrator
    temperature = calibrator.temperature if isinstance(calibrator, TemperatureScaling) else 1.0
    return {
        "event": "called class is true" if decision.negative_class is None else "finding",
        "method": calibrator.method,
        "temperature": temperature,
        "temperature_limits": [math.exp(end) for end in LOG_TEMPERATURE_RANGE],
        "is_at_edge": is_at_edge(temperature),
        "fitted_on": "validation",
        "chosen_by": decision.chosen_by,
        "candidates": [
            {"method": method, "log_loss": loss} for method, loss in decision.candidates.items()
        ],
        **{stage: _numbers(said, patients, resamples) for stage, said in stated.items()},
        "reliability": {
            stage: reliability_bins(said.prob, said.occurred, patients, resamples)
            for stage, said in stated.items()
        },
    }


def is_at_edge(temperature: float) -> bool:
    """Whether a fitted temperature stands at an end of the range that was searched.

    Example:
        >>> is_at_edge(1.3), is_at_edge(math.exp(2.99999))
        (False, True)
    """
    return any(abs(math.log(temperature) - end) < EDGE_WIDTH for end in LOG_TEMPERATURE_RANGE)


def reliability_bins(
    prob: Floats, occurred: Bools, patients: pd.Series, resamples: Floats
) -> list[dict[str, Any]]:
    """Forecasts probability and frequency of an event, in bins of equal numbers of films.

    Films with one probability share a bin, so that there may be fewer than 10.

    Args:
        prob: (n,) float64 in [0, 1].
        occurred: (n,) bool.
        patients: (n,) patient (group) of each film.
        resamples: (R, n) from `resample_patients`.

    Returns:
        For each bin, lowest first: `mean_probability`, `frequency`, `n_images`, and the 95 %
        interval of the frequency as `low` and `high`, by patient; None with one patient.
    """
    bins = rank_bins(prob)
    rows = []
    for number in np.unique(bins):
        member = bins == number
        # Of films that are all called positive, the accuracy is the share of positive ones
        called = Scored(occurred[member], np.ones(member.sum(), dtype=bool), prob[member])
        found = with_interval("accuracy", called, patients[member], resamples[:, member])
        rows.append(
            {
                "mean_probability": float(prob[member].mean()),
                "frequency": found["value"],
                "n_images": int(member.sum()),
                "low": found["low"],
                "high": found["high"],
            }
        )
    return rows


def _stated(films: pd.DataFrame, decision: Decision, end: str) -> Forecasts:
    """Read the probabilities of some columns of the predictions."""
    columns = [f"prob_{name}{end}" for name in decision.classes]
    probabilities = films[columns].to_numpy(dtype=np.float64)
    truth = films["class_index"].to_numpy(dtype=np.int64)
    if decision.negative_class is not None:
        negative = decision.classes.index(decision.negative_class)
        prob, occurred = 1.0 - probabilities[:, negative], truth != negative
        of_truth = np.where(occurred, prob, 1.0 - prob)
        squares = (prob - occurred) ** 2
    else:
        prob, occurred = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
        of_truth = probabilities[np.arange(len(truth)), truth]
        squares = ((probabilities - np.eye(len(columns))[truth]) ** 2).sum(axis=1)
    return Forecasts(prob, occurred, -np.log(np.maximum(of_truth, _LEAST)), squares)


def _numbers(said: Forecasts, patients: pd.Series, resamples: Floats) -> dict[str, EstimateDict]:
    nothing: EstimateDict = {"value": None, "low": None, "high": None}
    if len(patients) == 0:
        return {"ece": nothing, "log_loss": nothing, "brier": nothing}
    scored = Scored(said.occurred, said.occurred, said.prob)
    n_resampled = resamples.sum(axis=1)
    found = {"ece": with_interval("calibration_error", scored, patients, resamples)}
    for name, losses in (("log_loss", said.log_loss), ("brier", said.squares)):
        low, high = percentile_interval(resamples @ losses / n_resampled)
        found[name] = {"value": float(losses.mean()), "low": low, "high": high}
    if patients.nunique() == 1:  # one patient does not show how patients differ
        return {name: one | {"low": None, "high": None} for name, one in found.items()}
    return found
