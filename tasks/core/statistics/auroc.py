"""The area under the ROC curve and its 95 % interval."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Z_95 = 1.959964  # two-sided 95 % quantile of the normal distribution
CHANCE = 0.5
N_HALVINGS = 60  # of the bracket of an interval's end: exact to double precision


@dataclass(frozen=True)
class Estimate:
    """A value in [0, 1] with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def folded(self) -> "Estimate":
        """The same separation, whichever way the scores point: never below chance."""
        if self.value >= CHANCE:
            return self
        return Estimate(1 - self.value, 1 - self.high, 1 - self.low)


def auroc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Chance that a positive scores higher than a negative; a tie counts one half.

    Args:
        scores: (n,) without NaN.
        positive: (n,) with at least one True and one False.

    Source:
        Hanley and McNeil, Radiology 143:29-36, 1982: equals the Mann-Whitney statistic.
    """
    concordant, n_pairs = concordance(scores, positive)
    return concordant / n_pairs


def weighted_auroc(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """AUROC under many weightings at once; NaN where one side has no weight.

    Args:
        scores: (n,) without NaN.
        positive: (n,).
        weights: (R, n) float64, one row per weighting; a row of ones is the plain AUROC.

    Returns:
        (R,) float64.
    """
    of_positives, of_negatives = weights_by_score(scores, positive, weights)
    below = np.cumsum(of_negatives, axis=1) - of_negatives
    wins = (of_positives * (below + 0.5 * of_negatives)).sum(axis=1)
    pairs = of_positives.sum(axis=1) * of_negatives.sum(axis=1)
    shares: NDArray[np.float64] = np.full_like(wins, np.nan)
    np.divide(wins, pairs, out=shares, where=pairs > 0)
    return shares


def weights_by_score(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights of positives and negatives summed per distinct score, lowest first: (R, n_scores)."""
    order = np.argsort(scores, kind="stable")
    first = np.unique(scores[order], return_index=True)[1]
    of_positives = np.add.reduceat((weights * positive)[:, order], first, axis=1)
    of_negatives = np.add.reduceat((weights * ~positive)[:, order], first, axis=1)
    return of_positives, of_negatives


def concordance(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[float, int]:
    """Pairs of a positive and a negative in the right order (ties one half), and all pairs."""
    n_positive = int(positive.sum())
    ranks = pd.Series(scores).rank().to_numpy()
    concordant = float(ranks[positive].sum()) - n_positive * (n_positive + 1) / 2
    return concordant, n_positive * (len(positive) - n_positive)


def interval(value: float, n_positive: int, n_negative: int) -> Estimate:
    """95 % interval of an AUROC; honest at 1.0, where the usual ones have no width.

    Args:
        value: AUROC in [0, 1].
        n_positive: Independent positive units. With groups (patients) the number of groups
            stands here: films of one group may then be wholly dependent.
        n_negative: Independent negative units.

    Source:
        Newcombe, Statistics in Medicine 25:559-573, 2006, method 5: the ends are the values whose
        own Hanley-McNeil error reaches `value`, both sides given (m + n) / 2 units.
    """
    surplus = (n_positive + n_negative) / 2 - 1

    def reach(theta: float) -> float:
        spread = 1 + surplus * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return Z_95 * math.sqrt(theta * (1 - theta) * spread / (n_positive * n_negative))

    low = _crossing(lambda theta: value - theta - reach(theta), 0.0, value)
    high = _crossing(lambda theta: theta - value - reach(theta), 1.0, value)
    return Estimate(value, low, high)


def _crossing(gap: Callable[[float], float], outside: float, inside: float) -> float:
    """Where `gap` changes from positive (at `outside`) to not (at `inside`)."""
    for _ in range(N_HALVINGS):
        middle = (outside + inside) / 2
        if gap(middle) > 0:
            outside = middle
        else:
            inside = middle
    return (outside + inside) / 2
