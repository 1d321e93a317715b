"""The difference of two shares of right calls on the same films, with an honest interval.

The plain bootstrap by patient has no width where the two networks never differ. That would say
that a few films exclude any loss.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.bootstrap import resample_patients
from tasks.core.statistics.intervals import Estimate

TAIL = 0.025  # of an interval of 95 %, on each side
# Ids sort behind those of real patients; one film more right, and one film less
_TWO_MORE = pd.Series(["\uffff+", "\uffff-"])


@dataclass(frozen=True, eq=False)
class PairedResamples:
    """Resamples of the patients of n films and of two more; from `resample_pairs`.

    weights: (R, n + 2) float64. groups: (n,) patient of each film.
    """

    weights: Floats
    groups: pd.Series

    def among(self, films: Bools) -> "PairedResamples":
        """The same resamples of some films. Each invented patient has an average number of them.

        Args:
            films: (n,) with at least one True.
        """
        groups = self.groups[films]
        n_each = len(groups) / groups.nunique()
        weights = np.column_stack([self.weights[:, :-2][:, films], self.weights[:, -2:] * n_each])
        return PairedResamples(weights, groups)


def resample_pairs(groups: pd.Series, n_bootstrap: int, seed: int) -> PairedResamples:
    """Resample the patients of some films, with two invented ones of one film each.

    Args:
        groups: (n,) patient (group) of each film, n at least 1.
        n_bootstrap: Number of resamples.
        seed: Seed of the random generator.
    """
    patients = pd.concat([groups.astype(str), _TWO_MORE], ignore_index=True)
    return PairedResamples(resample_patients(patients, n_bootstrap, seed), groups)


def share_difference(right: Bools, other_right: Bools, resamples: PairedResamples) -> Estimate:
    """Share of films about which one network is right less that of another, with its 95 % interval.

    One invented patient is called rightly by the first network only, the other one by the second
    only, so the interval is never without width. Each end is also at least `smallest_excluded` away
    from the value. A film more that is called rightly moves no end down.

    Args:
        right: (n,) whether the first network is right about each film.
        other_right: (n,) the same for the second network.
        resamples: Of these films, from `PairedResamples.among`.

    Example:
        >>> groups = pd.Series([f"p{n:02d}" for n in range(60)])
        >>> always = np.ones(60, dtype=bool)
        >>> resamples = resample_pairs(groups, 2000, seed=0).among(always)
        >>> found = share_difference(always, always, resamples)
        >>> f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
        '0.00 (-0.06 to 0.06)'

    Source:
        Bonett and Price, J. Educ. Behav. Stat. 37:479-488, 2012: one pair more of either kind.
        Bootstrap by patient: Field and Welsh, J. R. Stat. Soc. B 69:369-390, 2007.
    """
    change = right.astype(np.float64) - other_right.astype(np.float64)
    weights = resamples.weights
    totals = weights.sum(axis=1)
    drawn = totals > 0
    shares = (weights @ np.append(change, [1.0, -1.0]))[drawn] / totals[drawn]
    low = float(np.quantile(shares, TAIL, method="lower"))
    high = float(np.quantile(shares, 1 - TAIL, method="higher"))
    value, reach = float(change.mean()), smallest_excluded(int(resamples.groups.nunique()))
    return Estimate(value, low=min(low, value - reach), high=max(high, value + reach))


def smallest_excluded(n_patients: int) -> float:
    """The smallest share that n patients can exclude, which none of them shows.

    Example:
        >>> round(smallest_excluded(73), 3), round(smallest_excluded(20), 3)
        (0.049, 0.168)

    Source:
        Clopper and Pearson, Biometrika 26:404-413, 1934, for no event; with a tail of 5 % it is
        near 3 / n: Hanley and Lippman-Hand, JAMA 249:1743-1745, 1983.
    """
    return 1.0 - float(TAIL ** (1.0 / n_patients))
