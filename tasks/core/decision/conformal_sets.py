"""Sets of classes that hold the true class of a film with a promised chance, for each class.

A film whose set holds exactly one class is called; every other film is referred to a radiologist.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.core.statistics.arrays import Bools, Floats

_ROUNDING = 1e-9  # 100 * 0.07 is 7.000000000000001 in floating point, and its ceiling must be 7


@dataclass(frozen=True)
class ConformalSets:
    """The rule that gives each film its set of classes.

    coverage: promised chance, in (0, 1), that the set of a film holds its true class.
    quantiles: for each class the largest 1 - probability with which the class is in a set, in
    [0, 1]; infinite if the class had too few films, so that every set holds it. n_films: films
    behind each quantile; empty if they are not known.
    """

    coverage: float
    quantiles: tuple[float, ...]
    n_films: tuple[int, ...] = ()

    def sets(self, probabilities: Floats) -> Bools:
        """Which classes are in the set of each film.

        Args:
            probabilities: (n, n_classes) float64 in [0, 1], calibrated as in the fit.

        Returns:
            (n, n_classes) bool; a set may be empty.

        Example:
            >>> ConformalSets(0.9, (0.3, 0.6)).sets(np.array([[0.8, 0.2], [0.5, 0.5]]))
            array([[ True, False],
                   [False,  True]])
        """
        return (1.0 - probabilities) <= np.array(self.quantiles)

    def expected_range(self, index: int, n: int) -> tuple[float, float] | None:
        """Where the observed coverage of a class lies in 95 % of studies that keep the promise.

        It is wide where few validation films chose the quantile, or few new films check it.

        Args:
            index: Number of the class.
            n: Number of new films of the class, or of their patients.

        Returns:
            Lowest and highest share. None without new films, without `n_films`, or if every set
            holds the class.

        Example:
            >>> low, high = ConformalSets(0.9, (0.3, 0.6), (40, 400)).expected_range(0, 72)
            >>> round(low, 3), round(high, 3)
            (0.764, 0.986)

        Source:
            Vovk, ACML 2012, proposition 2a: the coverage of one quantile follows a beta
            distribution, so the number of covered films follows a beta-binomial one. Angelopoulos
            and Bates, Foundations and Trends in Machine Learning 16(4), 2023, section 3.2.
        """
        if not n or not self.n_films or math.isinf(self.quantiles[index]):
            return None
        from scipy.stats import betabinom  # only an evaluation needs it: screening loads no SciPy

        k = quantile_rank(self.n_films[index], self.coverage)
        ends = betabinom(n, k, self.n_films[index] + 1 - k).ppf([0.025, 0.975]) / n
        return float(ends[0]), float(ends[1])

    def as_dict(self) -> dict[str, Any]:
        """The rule for a JSON file; an infinite quantile is null."""
        quantiles = [one if math.isfinite(one) else None for one in self.quantiles]
        return {
            "coverage": self.coverage,
            "quantiles": quantiles,
            "n_films": list(self.n_films),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ConformalSets":
        """Read what `as_dict` wrote.

        Raises:
            KeyError: A key is missing.
        """
        quantiles = (math.inf if one is None else float(one) for one in values["quantiles"])
        return cls(float(values["coverage"]), tuple(quantiles), tuple(map(int, values["n_films"])))


def quantile_rank(n: int, coverage: float) -> int:
    """Number k of the quantile among n films: ceil((n + 1) coverage).

    Args:
        n: Films of the class.
        coverage: In (0, 1).

    Example:
        >>> quantile_rank(9, 0.9)
        9
    """
    return math.ceil((n + 1) * coverage - _ROUNDING)
