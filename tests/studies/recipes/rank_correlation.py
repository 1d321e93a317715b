"""Which validation would have ranked the recipes as the test does."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.bootstrap import percentile_interval

LEAST_RECIPES = 5  # fewer have so few orders that a resample often has the same one
N_BOOTSTRAP = 2000
SEED = 0


def rank_correlation(values: Sequence[float], test: Sequence[float]) -> dict[str, float] | None:
    """Spearman's rank correlation over the recipes, with its 95 % interval.

    The interval is that of a bootstrap over the recipes; a resample in which one of both does not
    vary has no correlation and is left out.

    Args:
        values: Value of each recipe by one validation.
        test: AUROC of each recipe on the test.

    Returns:
        `value`, `low`, `high` in [-1, 1]; None with fewer than `LEAST_RECIPES` recipes, or where
        all values are equal.

    Source: Spearman, Am. J. Psychol. 15:72-101, 1904; ties share their mean rank. Bootstrap of
    pairs: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 6.
    """
    pairs = np.array([values, test], dtype=np.float64)
    if pairs.shape[1] < LEAST_RECIPES or np.isnan(value := spearman(pairs)):
        return None
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(0, pairs.shape[1], (N_BOOTSTRAP, pairs.shape[1]))
    replicates = np.array([spearman(pairs[:, places]) for places in drawn])
    low, high = percentile_interval(replicates[~np.isnan(replicates)])
    return {"value": value, "low": low, "high": high}


def spearman(pairs: Floats) -> float:
    """Pearson's correlation of the ranks of two rows, (2, n); NaN where a row does not vary.

    Example:
        >>> round(spearman(np.array([[1, 2, 3, 4], [2, 1, 4, 3]])), 3)  # 1 - 6 * 4 / (4 * 15)
        0.6
    """
    ranks = rankdata(pairs, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    spread = float(np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))
    return float(ranks[0] @ ranks[1]) / spread if spread > 0 else float("nan")
