"""Sets of classes that hold the true class of a film with a promised chance, for each class.

A film whose set holds exactly one class is called; every other film is referred to a radiologist.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom

from tasks.core.errors import EvaluationError
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
        k = _rank(self.n_films[index], self.coverage)
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


def fit_conformal_sets(
    probabilities: Floats, class_index: NDArray[np.int64], coverage: float
) -> ConformalSets:
    """Choose the quantile of each class, so that its films keep the promise.

    A class is in the set of a film when 1 - its probability is not above the quantile. The
    quantile is the k-th smallest value among the n films of the class, k = ceil((n + 1) coverage).
    A new film that is drawn as these films then has its true class in its set with a chance of at
    least `coverage`, whatever the network. With fewer films than k the quantile is infinite: 9
    films are the least for a coverage of 0.9, 19 for 0.95.

    The chance is over the choice of both the films here and the new film. For these films it is
    not exactly the promised one: it follows a beta distribution, whose standard deviation is 0.03
    with 100 films of the class and a coverage of 0.9.

    Args:
        probabilities: (n, n_classes) float64 in [0, 1], calibrated, of films outside training.
        class_index: (n,) int64, true class of each film.
        coverage: In (0, 1).

    Raises:
        EvaluationError: A class number or the coverage is out of range.

    Example:
        >>> of_first = np.array([0.875, 0.75, 0.5, 0.25])
        >>> probabilities = np.column_stack([of_first, 1 - of_first])
        >>> fit_conformal_sets(probabilities, np.array([0, 0, 0, 1]), coverage=0.5).quantiles
        (0.25, 0.25)

    Source:
        Vovk, "Conditional validity of inductive conformal predictors", ACML 2012, section 4 (a
        quantile for each class), and proposition 2a (beta distribution). Sadinle, Lei and
        Wasserman, "Least ambiguous set-valued classifiers with bounded error levels", J. Am. Stat.
        Assoc. 114(525), 2019 (these sets).
    """
    n_classes = probabilities.shape[1]
    wrong = (class_index < 0) | (class_index >= n_classes)
    if wrong.any() or not 0 < coverage < 1:
        raise EvaluationError(
            "conformal sets need a coverage between 0 and 1 and films of the model's classes",
            found=f"coverage {coverage}, {int(wrong.sum())} films of another class",
            where="the validation films and params.yaml: evaluate.coverage",
            next_step="set evaluate.coverage, or run `dvc repro`",
        )
    misfit = 1.0 - probabilities
    of_classes = [misfit[class_index == one, one] for one in range(n_classes)]
    return ConformalSets(
        coverage=coverage,
        quantiles=tuple(_quantile(of_class, coverage) for of_class in of_classes),
        n_films=tuple(map(len, of_classes)),
    )


def _quantile(misfit: Floats, coverage: float) -> float:
    """The k-th smallest value; infinite if there are fewer."""
    k = _rank(len(misfit), coverage)
    return float(np.sort(misfit)[k - 1]) if k <= len(misfit) else math.inf


def _rank(n: int, coverage: float) -> int:
    """Number k of the quantile among n films: ceil((n + 1) coverage)."""
    return math.ceil((n + 1) * coverage - _ROUNDING)
