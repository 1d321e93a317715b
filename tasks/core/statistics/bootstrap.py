"""Bootstrap by patient."""

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Floats

CONFIDENCE_PERCENT = 95.0


def resample_patients(groups: pd.Series, n_bootstrap: int, seed: int) -> Floats:
    """Film weights of a bootstrap that samples patients with replacement.

    Args:
        groups: (n,) patient (group) of each film.
        n_bootstrap: Number of resamples.
        seed: Seed of the random generator.

    Returns:
        (n_bootstrap, n) float64: how often each resample holds the film's patient.

    Example:
        >>> resample_patients(pd.Series(["a", "a", "b"]), n_bootstrap=2, seed=1)
        array([[1., 1., 1.],
               [2., 2., 0.]])

    Source: Field and Welsh, "Bootstrapping clustered data", J. R. Stat. Soc. B 69(3), 2007.
    """
    codes, names = pd.factorize(groups, sort=True)
    n_groups = len(names)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_bootstrap)
    return drawn[:, codes].astype(np.float64)


def percentile_interval(replicates: Floats, n_intervals: int = 1) -> tuple[float, float]:
    """Percentile interval of a bootstrap: 95 % of the replicates lie in it.

    Args:
        replicates: (n_bootstrap,) without NaN.
        n_intervals: Number of intervals that together cover the truth in 95 % of studies. Each
            is widened for that (Bonferroni).

    Example:
        >>> percentile_interval(np.linspace(0, 1, 1001))
        (0.025, 0.975)

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    tail = (100.0 - CONFIDENCE_PERCENT) / 2 / n_intervals
    low, high = np.percentile(replicates, (tail, 100.0 - tail))
    return float(low), float(high)
