"""The share of films that are called rightly, and the difference of two such shares.

Films of one patient depend on each other. In groups of 20 to 150 patients these intervals cover
the truth in 94 to 97 of 100 simulated studies, and a percentile bootstrap by patient in 90 to 96.
"""

import math

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools
from tasks.core.statistics.intervals import Z_95, Estimate


def hits_share(hits: Bools, patients: pd.Series) -> Estimate:
    """Share of hits with its 95 % interval: Wilson's, for the effective number of films.

    Args:
        hits: (n,) bool, n at least 1.
        patients: (n,) patient of each film.

    Example:
        >>> hits, twice = np.array([True] * 4 + [False] * 2), pd.Series([*"aabbcc"])
        >>> found = hits_share(hits, twice)  # 2 of 3 patients
        >>> f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
        '0.67 (0.21 to 0.94)'

    Source:
        Wilson, J. Am. Stat. Assoc. 22:209-212, 1927; Rao and Scott, Biometrics 48:577-585, 1992.
    """
    return score_interval(float(hits.mean()), effective_number(hits, patients))


def hits_difference(
    hits: Bools, patients: pd.Series, other_hits: Bools, other_patients: pd.Series
) -> Estimate:
    """Share of hits in one group of films minus that in another one, with its 95 % interval.

    Newcombe's method 10 joins the intervals of the two shares (`hits_share`). With one film a
    patient this is Newcombe's interval itself. A patient with films in both groups makes it too
    wide rather than too narrow.

    Args:
        hits: (n,) bool, n at least 1.
        patients: (n,) patient of each film.
        other_hits: (m,) bool, m at least 1.
        other_patients: (m,).

    Returns:
        Value and ends between -1 and 1.

    Example:
        >>> one, other = np.arange(70) < 56, np.arange(80) < 48
        >>> found = hits_difference(one, pd.Series(range(70)), other, pd.Series(range(80)))
        >>> f"{found.value:.4f} ({found.low:.4f} to {found.high:.4f})"
        '0.2000 (0.0524 to 0.3339)'

    Source:
        Newcombe, Statistics in Medicine 17:873-890, 1998, method 10.
    """
    one, other = hits_share(hits, patients), hits_share(other_hits, other_patients)
    value = one.value - other.value
    low = value - math.hypot(one.value - one.low, other.high - other.value)
    high = value + math.hypot(one.high - one.value, other.value - other.low)
    return Estimate(value=value, low=low, high=high)


def effective_number(hits: Bools, patients: pd.Series) -> float:
    """Number of independent films that tell the share of hits as exactly as these films do.

    It is the number of films if each patient has one. Where the films do not show how much those
    of one patient agree (all are hits, none is, or all patients have the same share), it is the
    number of patients.

    Args:
        hits: (n,) bool, n at least 1.
        patients: (n,) patient of each film.

    Example:
        >>> twice = pd.Series(["a", "a", "b", "b", "c", "c"])
        >>> effective_number(np.array([True, True, False, False, True, True]), twice)
        3.0

    Source:
        Rao and Scott, Biometrics 48:577-585, 1992: films over the design effect, which is the
        variance of the share between patients over that of independent films, and at least 1.
    """
    n, share = len(hits), float(hits.mean())
    surplus = pd.Series(hits - share).groupby(patients.to_numpy()).sum().to_numpy()
    variance = float(np.square(surplus).sum()) / n**2
    if math.isclose(variance, 0.0, abs_tol=1e-15):
        return float(patients.nunique())
    return min(float(n), share * (1 - share) / variance)


def score_interval(share: float, n: float) -> Estimate:
    """Wilson's 95 % interval of a share for any positive number of films, whole or not.

    Args:
        share: 0 to 1.
        n: Above 0.

    Source: Wilson, J. Am. Stat. Assoc. 22:209-212, 1927.
    """
    pull = Z_95**2 / n
    centre = (share + pull / 2) / (1 + pull)
    half = math.sqrt(share * (1 - share) * pull + pull**2 / 4) / (1 + pull)
    low = 0.0 if share == 0 else centre - half  # exactly, where rounding may give 1e-17
    high = 1.0 if share == 1 else centre + half
    return Estimate(value=share, low=low, high=high)
