"""The difference of two AUROCs on the same films, where films of one patient depend on each other.

With one film per patient this is the test of DeLong, DeLong and Clarke-Pearson.
"""

import math

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.intervals import Z_95

_ROUNDING = 1e-12  # a smaller standard error or difference is that of the sums of floats


def auroc_components(scores: Floats, positive: Bools) -> Floats:
    """What each film adds to the AUROC: the mean over the positive films is the AUROC.

    Args:
        scores: (n,) without NaN.
        positive: (n,) with at least one True and one False.

    Returns:
        (n,) float64 in [0, 1]. Of a positive film: the share of the negative films that score
        lower. Of a negative film: the share of the positive films that score higher. A tie counts
        one half.

    Example:
        >>> auroc_components(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
        array([1.  , 0.75, 0.75, 1.  ])

    Source:
        DeLong, DeLong and Clarke-Pearson, Biometrics 44:837-845, 1988, equations 4 and 5.
    """
    n_positive = int(positive.sum())
    among_all = pd.Series(scores).rank().to_numpy()
    within: Floats = np.empty(len(scores))
    for side in (positive, ~positive):
        within[side] = pd.Series(scores[side]).rank().to_numpy()
    others_lower = among_all - within
    n_negative = len(scores) - n_positive
    return np.where(positive, others_lower / n_negative, 1 - others_lower / n_positive)


def auroc_difference(
    scores: Floats, other_scores: Floats, positive: Bools, groups: pd.Series
) -> tuple[float | None, float | None]:
    """AUROC of `scores` less that of `other_scores`, and its standard error by patient.

    Args:
        scores: (n,) without NaN, of one model.
        other_scores: (n,) without NaN, of another model, for the same films.
        positive: (n,) truth.
        groups: (n,) patient (group) of each film.

    Returns:
        The difference in [-1, 1], None without films of both sides; and its standard error, None
        with fewer than two patients on a side.

    Source:
        Obuchowski, Biometrics 53:567-578, 1997. The variance is a quadratic form of the components,
        so the variance of a difference is that form of the differences of the components.
    """
    if not 0 < positive.sum() < len(positive):
        return None, None
    change = auroc_components(scores, positive) - auroc_components(other_scores, positive)
    difference = float(change[positive].mean())
    patients = pd.factorize(groups, sort=True)[0]
    sums, n_patients, n_films = [], [], []
    for side in (positive, ~positive):
        residual = np.where(side, change - difference, 0.0)
        sums.append(np.bincount(patients, residual))
        n_patients.append(len(np.unique(patients[side])))
        n_films.append(int(side.sum()))
    if min(n_patients) < 2:
        return difference, None
    n_groups = len(sums[0])
    variance = 2 * n_groups / (n_groups - 1) * (sums[0] @ sums[1]) / (n_films[0] * n_films[1])
    for residuals, n, films in zip(sums, n_patients, n_films, strict=True):
        variance += n / (n - 1) * (residuals @ residuals) / films**2
    return difference, math.sqrt(max(float(variance), 0.0))


def difference_interval(difference: float, error: float) -> tuple[float, float]:
    """95 % interval of a difference of AUROCs, from the normal distribution, within [-1, 1]."""
    margin = Z_95 * error
    return max(difference - margin, -1.0), min(difference + margin, 1.0)


def two_sided_p(difference: float, error: float) -> float | None:
    """P value of a difference under the normal distribution.

    None if the error is 0 and the difference is not: the films do not show how much it varies.

    Example:
        >>> two_sided_p(0.0196, 0.01).__round__(3), two_sided_p(0.0, 0.0)
        (0.05, 1.0)
    """
    if error <= _ROUNDING:
        return 1.0 if abs(difference) <= _ROUNDING else None
    return math.erfc(abs(difference) / error / math.sqrt(2))
