"""The area under the ROC curve (AUROC) and its 95 % interval."""

import math

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.intervals import Z_95, Estimate

_TINY = 1e-12  # keeps the bracket of the root search off 0 and 1, which are roots themselves


def auroc(scores: Floats, positive: Bools) -> float:
    """Chance that a positive case scores higher than a negative one; a tie counts one half.

    Args:
        scores: (n,) without NaN.
        positive: (n,) with at least one True and one False.

    Example:
        >>> auroc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
        0.875

    Source:
        Hanley and McNeil, Radiology 143:29-36, 1982: equals the Mann-Whitney statistic.
    """
    concordant, n_pairs = concordance(scores, positive)
    return concordant / n_pairs


def weighted_auroc(scores: Floats, positive: Bools, weights: Floats) -> Floats:
    """AUROC for many sets of case weights at once.

    Args:
        scores: (n,) without NaN.
        positive: (n,).
        weights: (R, n), one row per set of weights; a row of ones gives the plain AUROC.

    Returns:
        (R,); NaN where the positives or the negatives have no weight.
    """
    of_positives, of_negatives = weights_by_score(scores, positive, weights)
    below = np.cumsum(of_negatives, axis=1)
    below -= 0.5 * of_negatives
    pairs = of_positives.sum(axis=1) * of_negatives.sum(axis=1)
    wins = np.einsum("ij,ij->i", of_positives, below)
    shares: Floats = np.full_like(wins, np.nan)
    np.divide(wins, pairs, out=shares, where=pairs > 0)
    return shares


def weights_by_score(scores: Floats, positive: Bools, weights: Floats) -> tuple[Floats, Floats]:
    """Weights of positives and of negatives, summed per distinct score, lowest score first.

    Args:
        scores: (n,) without NaN.
        positive: (n,).
        weights: (R, n), one row per set of weights.

    Returns:
        Two arrays of (R, number of distinct scores).
    """
    order = np.argsort(scores, kind="stable")
    first = np.unique(scores[order], return_index=True)[1]
    ranked = weights.take(order, axis=1)
    of_positives: Floats = ranked * positive[order]
    of_negatives: Floats = ranked - of_positives
    if len(first) < len(order):  # some scores are tied
        of_positives = np.add.reduceat(of_positives, first, axis=1)
        of_negatives = np.add.reduceat(of_negatives, first, axis=1)
    return of_positives, of_negatives


def concordance(scores: Floats, positive: Bools) -> tuple[float, int]:
    """Number of concordant pairs, and of all pairs of a positive and a negative case.

    A pair is concordant when the positive case scores higher; a tie counts one half.
    """
    n_positive = int(positive.sum())
    ranks = pd.Series(scores).rank().to_numpy()
    concordant = float(ranks[positive].sum()) - n_positive * (n_positive + 1) / 2
    return concordant, n_positive * (len(positive) - n_positive)


def auroc_interval(value: float, n_positive: int, n_negative: int) -> Estimate:
    """An AUROC with its 95 % interval, which keeps its width at an AUROC of 0 or 1.

    Args:
        value: AUROC in [0, 1].
        n_positive: Number of independent positive cases. Use the number of patients, not of
            films: films of one patient depend on each other.
        n_negative: Number of independent negative cases.

    Example:
        >>> found = auroc_interval(1.0, n_positive=10, n_negative=10)
        >>> f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
        '1.000 (0.800 to 1.000)'

    Source:
        Newcombe, Statistics in Medicine 25:559-573, 2006, method 5: each end is the AUROC whose
        own Hanley-McNeil standard error, times 1.96, reaches `value`. The error takes
        (n_positive + n_negative) / 2 cases for both sides.
    """
    surplus = (n_positive + n_negative) / 2 - 1

    def margin(theta: float) -> float:
        spread = 1 + surplus * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return Z_95 * math.sqrt(theta * (1 - theta) * spread / (n_positive * n_negative))

    inside = min(max(value, _TINY), 1 - _TINY)
    low = brentq(lambda theta: value - theta - margin(theta), 0.0, inside)
    high = brentq(lambda theta: theta - value - margin(theta), inside, 1.0)
    return Estimate(value=value, low=float(low), high=float(high))
