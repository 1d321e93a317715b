"""Predictive values at prevalences other than that of the films."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.intervals import wilson_interval
from tasks.evaluate.call_counts import count_calls, ratio, sensitivity, specificity
from tasks.evaluate.metric_intervals import (
    MIN_PATIENTS,
    EstimateDict,
    patients_compared,
    percentile_estimate,
)
from tasks.evaluate.metrics import Scored

_Rates = tuple[Floats, Floats]  # sensitivities and specificities, of equal shape


def ppv_at(prevalence: float, sensitivities: Floats, specificities: Floats) -> Floats:
    """Positive predictive value at a prevalence, by Bayes' theorem; NaN if nothing is called.

    Args:
        prevalence: Share of films with a finding, in (0, 1).
        sensitivities: (n,) in [0, 1].
        specificities: (n,) in [0, 1].

    Example:
        >>> ppv_at(0.1, np.array([0.9]), np.array([0.9])).round(3)
        array([0.5])

    Source: Altman and Bland, BMJ 309:102, 1994.
    """
    right = sensitivities * prevalence
    return ratio(right, right + (1 - specificities) * (1 - prevalence))


def npv_at(prevalence: float, sensitivities: Floats, specificities: Floats) -> Floats:
    """Negative predictive value at a prevalence, by Bayes' theorem; NaN if everything is called.

    Arguments and source are those of `ppv_at`.
    """
    right = specificities * (1 - prevalence)
    return ratio(right, right + (1 - sensitivities) * prevalence)


def predictive_values(
    scored: Scored, patients: pd.Series, resamples: Floats, prevalences: Sequence[float]
) -> list[dict[str, Any]]:
    """PPV and NPV that the calls would have among films with other shares of findings.

    Sensitivity and specificity are taken to be the same there. At a value of 0 or 1 the resamples
    agree; the ends are then those at the ends of two Wilson intervals, which count patients.

    Args:
        scored: The n films.
        patients: (n,) patient (group) of each film.
        resamples: (R, n) from `bootstrap.resample_patients`.
        prevalences: Shares of films with a finding, in (0, 1).

    Returns:
        One entry per prevalence: `prevalence`, `ppv` and `npv`.
    """
    n_sides = patients_compared("balanced_accuracy", scored, patients)  # positive, negative
    rates = _rates(scored, np.ones((1, len(patients))))
    resampled = _rates(scored, resamples)

    def interval(formula: Callable[[Floats, Floats], Floats]) -> EstimateDict:
        value = float(formula(*rates)[0])
        found = percentile_estimate(value, formula(*resampled))
        if found["low"] is None:
            return found
        if found["low"] == found["high"] and value in (0.0, 1.0):
            low, high = formula(*_wilson_ends(rates, n_sides))
            return {"value": value, "low": float(low), "high": float(high)}
        return found if min(n_sides) >= MIN_PATIENTS else found | {"low": None, "high": None}

    return [
        {
            "prevalence": prevalence,
            "ppv": interval(partial(ppv_at, prevalence)),
            "npv": interval(partial(npv_at, prevalence)),
        }
        for prevalence in prevalences
    ]


def _rates(scored: Scored, weights: Floats) -> _Rates:
    counts = count_calls(scored.positive, scored.called[:, np.newaxis], weights)
    return sensitivity(counts)[:, 0], specificity(counts)[:, 0]


def _wilson_ends(rates: _Rates, n_sides: Sequence[int]) -> _Rates:
    """Both ends of sensitivity and of specificity, as if every film were a patient's only one."""
    found = [
        wilson_interval(round(float(rate[0]) * n), n)
        for rate, n in zip(rates, n_sides, strict=True)
    ]
    sensitivities, specificities = (np.array([one.low, one.high]) for one in found)
    return sensitivities, specificities
