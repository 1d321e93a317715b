"""Patients drawn anew: patients, not films, are what a study drew at random."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CONFIDENCE_PERCENT = 95.0


def resample_patients(groups: pd.Series, n_bootstrap: int, seed: int) -> NDArray[np.float64]:
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


def percentile_interval(
    replicates: NDArray[np.float64], n_intervals: int = 1
) -> tuple[float, float]:
    """Ends between which 95 % of the replicates lie.

    Args:
        replicates: (n_bootstrap,) without NaN.
        n_intervals: Intervals that shall hold the truth all together; each is widened so that
            they do in 95 % of studies (Bonferroni).

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    tail = (100.0 - CONFIDENCE_PERCENT) / 2 / n_intervals
    low, high = np.percentile(replicates, (tail, 100.0 - tail))
    return float(low), float(high)
