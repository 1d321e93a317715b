"""95 % intervals of metrics."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.statistics.bootstrap import percentile_interval
from tasks.evaluate.metrics import Floats, Scored

Metric = Callable[[Scored, Floats], Floats]
Interval = dict[str, float | None]

Z_95 = 1.959964  # two-sided 95 % point of the normal distribution
MIN_DEFINED_SHARE = 0.5  # of the resamples; below it an interval would say little


def with_interval(metric: Metric, scored: Scored, resamples: Floats, n_patients: int) -> Interval:
    """A metric and its 95 % percentile interval.

    At a share of exactly 0 or 1 every resample agrees and the bootstrap would claim certainty;
    there the interval is Wilson's for the number of patients.

    Args:
        metric: From `metrics`.
        scored: The films.
        resamples: From `bootstrap.resample_patients`.
        n_patients: Patients that the metric speaks of (positive ones for sensitivity, and so on).

    Returns:
        {"value", "low", "high"}; None where undefined.

    Source: Wilson, JASA 22, 1927, for shares of 0 and 1.
    """
    value = float(metric(scored, np.ones((1, resamples.shape[1])))[0])
    if np.isnan(value):
        return {"value": None, "low": None, "high": None}
    replicates = metric(scored, resamples)
    defined = replicates[~np.isnan(replicates)]
    if len(defined) < MIN_DEFINED_SHARE * len(replicates):
        return {"value": value, "low": None, "high": None}
    low, high = percentile_interval(defined)
    if low == high and value in (0.0, 1.0):
        low, high = wilson(value, n_patients)
    return {"value": value, "low": low, "high": high}


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share of n independent cases."""
    centre = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 / (1 + Z_95**2 / n) * np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def n_patients_of(mask: NDArray[np.bool_], groups: pd.Series) -> int:
    """Distinct patients among the films of a mask; at least one, so that it can divide."""
    return max(1, int(groups[mask].nunique()))
