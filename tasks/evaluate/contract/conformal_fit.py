"""Choice of the quantiles behind the sets of classes, on validation films."""

import math

import numpy as np
from numpy.typing import NDArray

from tasks.core.decision.conformal_sets import ConformalSets, quantile_rank
from tasks.core.errors import EvaluationError
from tasks.core.statistics.arrays import Floats


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
    k = quantile_rank(len(misfit), coverage)
    return float(np.sort(misfit)[k - 1]) if k <= len(misfit) else math.inf
