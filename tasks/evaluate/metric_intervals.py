"""A metric with its 95 % interval, by bootstrap; by formula where the bootstrap has no width."""

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.auroc import auroc_interval
from tasks.core.statistics.bootstrap import percentile_interval
from tasks.core.statistics.intervals import wilson_interval
from tasks.evaluate.metrics import METRICS, Scored

EstimateDict = dict[str, float | None]  # value, low, high; None where undefined
Ends = tuple[float, float]

MIN_DEFINED_SHARE = 0.5  # least share of resamples in which the metric is defined


def with_interval(
    name: str, scored: Scored, patients: pd.Series, resamples: Floats
) -> EstimateDict:
    """A metric and its 95 % percentile interval.

    At a value of 0 or 1 all resamples agree, so the bootstrap interval has no width. There the
    interval comes from a formula, see `interval_at_limit`.

    Args:
        name: Key of `METRICS`.
        scored: The n films.
        patients: (n,) patient (group) of each film.
        resamples: (R, n) from `bootstrap.resample_patients`.

    Returns:
        `value`, `low` and `high`. All are None where the metric is undefined; the ends are None
        where it is undefined in most resamples.
    """
    metric = METRICS[name]
    value = float(metric(scored, np.ones((1, resamples.shape[1])))[0])
    if np.isnan(value):
        return {"value": None, "low": None, "high": None}
    replicates = metric(scored, resamples)
    defined = replicates[~np.isnan(replicates)]
    if len(defined) < MIN_DEFINED_SHARE * len(replicates):
        return {"value": value, "low": None, "high": None}
    low, high = percentile_interval(defined)
    if low == high and value in (0.0, 1.0):
        low, high = interval_at_limit(name, value, scored, patients)
    return {"value": value, "low": low, "high": high}


def interval_at_limit(name: str, value: float, scored: Scored, patients: pd.Series) -> Ends:
    """95 % interval of a metric that is exactly 0 or 1; it counts patients, not films.

    AUROC compares two samples, so its interval takes the positive and the negative patients.
    Balanced accuracy is the mean of two proportions. F1 is 2J / (1 + J), where J is the share of
    correct films among those that are positive or called positive. Every other metric is taken as
    a proportion of the patients in its denominator.

    Args:
        name: Key of `METRICS`.
        value: 0.0 or 1.0.
        scored: The n films.
        patients: (n,) patient (group) of each film.

    Source:
        Newcombe, Statistics in Medicine 25:559-573, 2006 (AUROC). Zou and Donner, Statistics in
        Medicine 27:1693-1702, 2008 (mean of two proportions). Boyd, Eng and Page, ECML PKDD 2013
        (average precision: a proportion of the positive cases). Wilson, 1927 (proportions).
    """

    def n_patients(films: Bools) -> int:
        return int(patients[films].nunique())

    positive, called = scored.positive, scored.called
    if name == "auroc":
        found = auroc_interval(value, n_patients(positive), n_patients(~positive))
        return found.low, found.high
    if name == "balanced_accuracy":
        return _mean_of_two(value, n_patients(positive), n_patients(~positive))
    denominators = {
        "average_precision": positive,
        "sensitivity": positive,
        "specificity": ~positive,
        "ppv": called,
        "npv": ~called,
        "f1": positive | called,
    }
    n = n_patients(denominators.get(name, np.ones_like(positive)))
    share = wilson_interval(round(value * n), n)
    if name == "f1":
        return 2 * share.low / (1 + share.low), 2 * share.high / (1 + share.high)
    return share.low, share.high


def _mean_of_two(value: float, n_one: int, n_other: int) -> Ends:
    """Interval of the mean of two independent proportions that are both 0 or both 1."""
    one = wilson_interval(round(value * n_one), n_one)
    other = wilson_interval(round(value * n_other), n_other)
    below = np.hypot(value - one.low, value - other.low) / 2
    above = np.hypot(one.high - value, other.high - value) / 2
    return float(value - below), float(value + above)
