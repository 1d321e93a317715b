import math

import numpy as np
import pytest

from tasks.core.errors import EvaluationError
from tasks.evaluate.contract.conformal_fit import fit_conformal_sets


def two_classes(of_first: list[float]) -> np.ndarray:
    return np.column_stack([of_first, 1 - np.array(of_first)])


def test_quantile_of_each_class_is_the_value_worked_by_hand():
    # Class 0: 1 - p is 1/16, 2/16, 3/16, 8/16; k = ceil(5 x 0.75) = 4, so 8/16
    # Class 1: 1 - p is 1/16, 4/16, 6/16; k = ceil(4 x 0.75) = 3, so 6/16
    of_first = np.array([15, 14, 13, 8, 1, 4, 6]) / 16
    fitted = fit_conformal_sets(two_classes(of_first), np.array([0, 0, 0, 0, 1, 1, 1]), 0.75)
    assert fitted.quantiles == (8 / 16, 6 / 16)
    assert fitted.n_films == (4, 3)
    sets = fitted.sets(two_classes([1.0, 9 / 16, 8 / 16, 6 / 16, 0.0]))
    assert sets.tolist() == [
        [True, False],
        [True, False],
        [True, False],
        [False, True],
        [False, True],
    ]


@pytest.mark.parametrize(
    ("n", "coverage", "is_finite"),
    [(8, 0.9, False), (9, 0.9, True), (18, 0.95, False), (19, 0.95, True), (0, 0.9, False)],
)
def test_a_class_with_too_few_films_is_in_every_set(n, coverage, is_finite):
    probabilities = two_classes([1.0] * n + [0.0] * 40)
    fitted = fit_conformal_sets(probabilities, np.array([0] * n + [1] * 40), coverage)
    assert math.isfinite(fitted.quantiles[0]) is is_finite
    assert fitted.sets(two_classes([0.0]))[0, 0] == (not is_finite)


def test_rounding_does_not_raise_the_rank():
    # (99 + 1) x 0.07 is 7.000000000000001 in floating point
    probabilities = two_classes(list(1 - np.arange(99) / 128))
    fitted = fit_conformal_sets(probabilities, np.zeros(99, dtype=np.int64), 0.07)
    assert fitted.quantiles[0] == 6 / 128


@pytest.mark.parametrize(("index", "coverage"), [(2, 0.9), (-1, 0.9), (0, 1.0), (0, 0.0)])
def test_another_class_or_an_impossible_coverage_is_an_error(index, coverage):
    with pytest.raises(EvaluationError, match="coverage between 0 and 1"):
        fit_conformal_sets(two_classes([0.5]), np.array([index]), coverage)
