"""95 % intervals: patients, not films, are what a study drew at random."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.evaluate.metrics import Floats, Scored

Metric = Callable[[Scored, Floats], Floats]
Interval = dict[str, float | None]

TAILS = (2.5, 97.5)  # percentiles that hold 95 % between them
Z_95 = 1.959964  # two-sided 95 % point of the normal distribution
MIN_DEFINED_SHARE = 0.5  # of the resamples; below it an interval would say little


def resample_patients(groups: pd.Series, n_bootstrap: int, seed: int) -> Floats:
    """Weights of films under resampling of patients with replacement.

    Args:
        groups: Patient (group) of each of n films.
        n_bootstrap: Resamples.
        seed: Seed of the draw.

    Returns:
        weights: (n_bootstrap, n) float64: how often each film's patient was drawn.

    Source: Field and Welsh, "Bootstrapping clustered data", J. R. Stat. Soc. B 69(3), 2007.
    """
    codes, names = pd.factorize(groups, sort=True)
    n_groups = len(names)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_bootstrap)
    return drawn[:, codes].astype(np.float64)


def with_interval(metric: Metric, scored: Scored, resamples: Floats, n_patients: int) -> Interval:
    """A metric and its 95 % percentile interval.

    At a share of exactly 0 or 1 every resample agrees and the bootstrap would claim certainty;
    there the interval is Wilson's for the number of patients.

    Args:
        metric: From `metrics`.
        scored: The films.
        resamples: From `resample_patients`.
        n_patients: Patients that the metric speaks of (positive ones for sensitivity, and so on).

    Returns:
        {"value", "low", "high"}; None where undefined.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13; Wilson,
    JASA 22, 1927.
    """
    value = float(metric(scored, np.ones((1, resamples.shape[1])))[0])
    if np.isnan(value):
        return {"value": None, "low": None, "high": None}
    replicates = metric(scored, resamples)
    defined = replicates[~np.isnan(replicates)]
    if len(defined) < MIN_DEFINED_SHARE * len(replicates):
        return {"value": value, "low": None, "high": None}
    low, high = np.percentile(defined, TAILS)
    if low == high and value in (0.0, 1.0):
        low, high = wilson(value, n_patients)
    return {"value": value, "low": float(low), "high": float(high)}


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share of n independent cases."""
    centre = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 / (1 + Z_95**2 / n) * np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def n_patients_of(mask: NDArray[np.bool_], groups: pd.Series) -> int:
    """Distinct patients among the films of a mask; at least one, so that it can divide."""
    return max(1, int(groups[mask].nunique()))
