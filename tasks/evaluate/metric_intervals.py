"""A metric with its 95 % interval, by bootstrap; by formula where the bootstrap has no width."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.auroc import auroc_interval
from tasks.core.statistics.bootstrap import percentile_interval
from tasks.core.statistics.intervals import wilson_interval
from tasks.evaluate.calibration_interval import ece_interval
from tasks.evaluate.metrics import METRICS, Scored

EstimateDict = dict[str, float | None]  # value, low, high; None where undefined
Ends = tuple[float, float]

MIN_DEFINED_SHARE = 0.5  # least share of resamples in which the metric is defined
MIN_PATIENTS = 2  # one patient does not show how patients differ
_CHUNK = 250  # resamples at a time: bounds the memory, and 250 x 5,000 films fit the cache best


def undefined() -> EstimateDict:
    """An estimate of a number that is undefined."""
    return {"value": None, "low": None, "high": None}


def with_interval(
    name: str, scored: Scored, patients: pd.Series, resamples: Floats
) -> EstimateDict:
    """A metric and its 95 % interval: by percentiles, that of the calibration error by inversion.

    Args:
        name: Key of `METRICS`.
        scored: The n films.
        patients: (n,) patient (group) of each film.
        resamples: (R, n) from `bootstrap.resample_patients`.

    Returns:
        `value`, `low` and `high`, see `interval_of`, and `ece_interval` for the calibration error.
    """
    if len(patients) == 0:
        return undefined()
    value = float(METRICS[name](scored, np.ones((1, len(patients))))[0])
    if name == "calibration_error" and patients.nunique() >= MIN_PATIENTS:
        low, high = ece_interval(scored.prob, scored.positive, resamples)
        if low < high:  # else every probability is 0 or 1, and true
            return {"value": value, "low": low, "high": high}
    replicates = in_chunks(lambda weights: METRICS[name](scored, weights), resamples)
    return interval_of(name, value, replicates, patients_compared(name, scored, patients))


def interval_of(
    name: str, value: float, replicates: Floats, n_patients: Sequence[int]
) -> EstimateDict:
    """A metric and its 95 % percentile interval, from its replicates.

    At a limit of the metric (0 or 1) all resamples agree, so the bootstrap interval has no width.
    There the interval comes from a formula, see `interval_at_limit`.

    Args:
        name: Key of `METRICS`.
        value: The metric; NaN if undefined.
        replicates: (R,) the metric in each resample; NaN where undefined.
        n_patients: Result of `patients_compared`.

    Returns:
        `value`, `low` and `high`. All are None where the metric is undefined; the ends are None
        where it is undefined in most resamples, or compares fewer than two patients.
    """
    found = percentile_estimate(value, replicates)
    if found["low"] is None:
        return found
    at_limit = found["low"] == found["high"] and value in _limits(name)
    if at_limit and name != "log_loss":  # its interval has no formula
        low, high = interval_at_limit(name, value, n_patients)
        return {"value": value, "low": low, "high": high}
    if at_limit or min(n_patients) < MIN_PATIENTS:
        return {"value": value, "low": None, "high": None}
    return found


def in_chunks(statistic: Callable[[Floats], Floats], resamples: Floats) -> Floats:
    """A statistic of each resample, some resamples at a time.

    Args:
        statistic: Takes (r, n) weights and returns an array with r rows.
        resamples: (R, n) from `bootstrap.resample_patients`.

    Returns:
        An array with R rows.
    """
    starts = range(0, len(resamples), _CHUNK)
    return np.concatenate([statistic(resamples[start : start + _CHUNK]) for start in starts])


def percentile_estimate(value: float, replicates: Floats) -> EstimateDict:
    """A number with the 95 % percentile interval of its replicates.

    Args:
        value: The number; NaN if undefined.
        replicates: (R,) the number in each resample; NaN where undefined.

    Returns:
        `value`, `low` and `high`; the ends are None where most replicates are undefined.

    Example:
        >>> percentile_estimate(0.5, np.linspace(0, 1, 1001))
        {'value': 0.5, 'low': 0.025, 'high': 0.975}
    """
    if np.isnan(value):
        return undefined()
    defined = replicates[~np.isnan(replicates)]
    if len(defined) < MIN_DEFINED_SHARE * len(replicates):
        return {"value": value, "low": None, "high": None}
    low, high = percentile_interval(defined)
    return {"value": value, "low": low, "high": high}


def interval_at_limit(name: str, value: float, n_patients: Sequence[int]) -> Ends:
    """95 % interval of a metric that is exactly at its limit; it counts patients, not films.

    AUROC compares two samples, so its interval takes the positive and the negative patients.
    Balanced accuracy is the mean of two proportions; the Matthews correlation at its limit is twice
    that mean minus one (Youden's index). F1 is 2J / (1 + J), where J is the share of correct films
    among those that are positive or called positive. Every other metric is taken as a proportion of
    the patients in its denominator.

    Args:
        name: Key of `METRICS` other than the log loss, which has no such interval.
        value: 0.0 or 1.0; for the Matthews correlation -1.0 or 1.0.
        n_patients: Result of `patients_compared`.

    Source:
        Newcombe, Statistics in Medicine 25:559-573, 2006 (AUROC). Zou and Donner, Statistics in
        Medicine 27:1693-1702, 2008 (mean of two proportions). Boyd, Eng and Page, ECML PKDD 2013
        (average precision: a proportion of the positive cases). Wilson, 1927 (proportions).
    """
    if name == "auroc":
        found = auroc_interval(value, n_patients[0], n_patients[1])
        return found.low, found.high
    share = (value + 1) / 2 if name == "mcc" else value
    wilson = [wilson_interval(round(share * n), n) for n in n_patients]
    low, high = mean_at_limit(share, [(one.low, one.high) for one in wilson])
    if name == "mcc":
        return 2 * low - 1, 2 * high - 1
    if name == "f1":
        return 2 * low / (1 + low), 2 * high / (1 + high)
    return low, high


def mean_at_limit(
    value: float, ends: Sequence[Ends], shares: Sequence[float] | None = None
) -> Ends:
    """Interval of a mean of independent numbers that are all 0 or all 1.

    Args:
        value: 0.0 or 1.0.
        ends: Interval of each number.
        shares: Weight of each number, with a sum of 1; None: equal weights.

    Example:
        >>> low, high = mean_at_limit(1.0, [(0.7, 1.0), (0.6, 1.0)])
        >>> f"{low:.2f} to {high:.2f}"
        '0.75 to 1.00'

    Source: Zou and Donner, Statistics in Medicine 27:1693-1702, 2008.
    """
    weights = np.full(len(ends), 1 / len(ends)) if shares is None else np.asarray(shares)
    distance = weights[:, np.newaxis] * (np.asarray(ends) - value)
    below, above = np.linalg.norm(distance, axis=0)
    return float(value - below), float(value + above)


def patients_compared(name: str, scored: Scored, patients: pd.Series) -> list[int]:
    """Number of patients in each sample of films that a metric is a statistic of.

    Args:
        name: Key of `METRICS`.
        scored: The n films.
        patients: (n,) patient (group) of each film.
    """
    positive, called = scored.positive, scored.called
    samples: dict[str, list[Bools]] = {
        "auroc": [positive, ~positive],
        "balanced_accuracy": [positive, ~positive],
        "mcc": [positive, ~positive],
        "average_precision": [positive],
        "sensitivity": [positive],
        "specificity": [~positive],
        "ppv": [called],
        "npv": [~called],
        "f1": [positive | called],
    }
    everything = np.ones_like(positive)
    return [int(patients[films].nunique()) for films in samples.get(name, [everything])]


def _limits(name: str) -> Ends:
    return (-1.0, 1.0) if name == "mcc" else (0.0, 1.0)
