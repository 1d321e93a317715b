"""Spearman's rank correlation equals a calculation by hand, and has an interval over recipes."""

import numpy as np
import pytest

from tests.studies.recipes.rank_correlation import rank_correlation, spearman


def test_spearman_by_hand():
    # ranks 1 2 3 4 5 and 2 1 4 3 5: squared differences 1 1 1 1 0, so 1 - 6 * 4 / (5 * 24)
    assert spearman(np.array([[0.1, 0.2, 0.3, 0.4, 0.5], [20, 10, 40, 30, 50]])) == pytest.approx(
        0.8
    )
    # ranks 1.5 1.5 3 and 1 2 3: covariance 1.5, variances 1.5 and 2
    assert spearman(np.array([[1, 1, 2], [1, 2, 3]])) == pytest.approx(1.5 / np.sqrt(1.5 * 2))


def test_interval_holds_the_value_and_widens_with_fewer_recipes():
    values = [0.1, 0.2, 0.3, 0.5, 0.4, 0.6, 0.8, 0.7]
    test = [1, 3, 2, 4, 5, 6, 8, 7]
    found = rank_correlation(values, test)
    assert found is not None
    assert found["low"] < found["value"] <= found["high"] <= 1
    few = rank_correlation(values[:5], test[:5])
    assert few is not None
    assert few["high"] - few["low"] > found["high"] - found["low"]
    assert rank_correlation(values, test) == found


def test_too_few_recipes_and_equal_values_have_none():
    assert rank_correlation([1, 2, 3, 4], [1, 2, 3, 4]) is None
    assert rank_correlation([1] * 6, [1, 2, 3, 4, 5, 6]) is None
