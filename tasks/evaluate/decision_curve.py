"""Decision curve: what a model is worth to somebody who weighs misses against false alarms."""

from typing import Any

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Floats
from tasks.evaluate.call_counts import CallCounts, count_calls, ratio
from tasks.evaluate.metric_intervals import MIN_PATIENTS, EstimateDict, percentile_estimate
from tasks.evaluate.metrics import Scored

THRESHOLDS: Floats = np.arange(1, 100) / 100  # probability from which on one would act


def net_benefit(counts: CallCounts, thresholds: Floats) -> Floats:
    """True calls per film, less the false calls, each at the odds of its threshold.

    Calling nothing has a net benefit of 0.

    Args:
        counts: CallCounts of (R, K), for K thresholds.
        thresholds: (K,) in (0, 1).

    Returns:
        (R, K), at most the prevalence; NaN without films.

    Example:
        >>> one = np.ones((1, 1))
        >>> counts = CallCounts(tp=8 * one, fp=4 * one, fn=2 * one, tn=86 * one)
        >>> net_benefit(counts, np.array([0.2]))
        array([[0.07]])

    Source: Vickers and Elkin, Medical Decision Making 26:565-574, 2006.
    """
    n_films = counts.tp + counts.fp + counts.fn + counts.tn
    return ratio(counts.tp - counts.fp * thresholds / (1 - thresholds), n_films)


def decision_curve(scored: Scored, patients: pd.Series, resamples: Floats) -> list[dict[str, Any]]:
    """Net benefit of the model, and of calling every film, at each threshold probability.

    Args:
        scored: The n films; the threshold takes the place of their calls.
        patients: (n,) patient (group) of each film.
        resamples: (R, n) from `bootstrap.resample_patients`.

    Returns:
        One entry per threshold of `THRESHOLDS`: `threshold`, `net_benefit` and `treat_all`, the
        last two with intervals. Calling no film (treat none) is 0 at each threshold. All are None
        if the films are of one side.
    """
    model = scored.prob[:, np.newaxis] >= THRESHOLDS
    entries: list[dict[str, Any]] = [{"threshold": float(value)} for value in THRESHOLDS]
    for name, called in (("net_benefit", model), ("treat_all", np.ones_like(model))):
        films = count_calls(scored.positive, called, np.ones((1, len(patients))))
        resampled = net_benefit(count_calls(scored.positive, called, resamples), THRESHOLDS)
        values = net_benefit(films, THRESHOLDS)[0]
        if not 0 < scored.positive.sum() < len(patients):
            values = np.full_like(values, np.nan)
        for k, entry in enumerate(entries):
            entry[name] = _interval(float(values[k]), resampled[:, k], int(patients.nunique()))
    return entries


def _interval(value: float, replicates: Floats, n_patients: int) -> EstimateDict:
    found = percentile_estimate(value, replicates)
    return found if n_patients >= MIN_PATIENTS else found | {"low": None, "high": None}
