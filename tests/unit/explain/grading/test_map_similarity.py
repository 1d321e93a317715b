import numpy as np
import pytest
from scipy.stats import spearmanr

from tasks.explain.grading.map_similarity import map_similarity, method_agreement, rank_correlation


def test_the_rank_correlation_is_that_of_scipy():
    one, other = np.random.default_rng(1).integers(0, 9, (2, 50)).astype(float)
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)


def test_a_map_without_differences_ranks_nothing():
    hill = np.arange(9.0).reshape(3, 3)
    even = np.ones((3, 3))
    assert rank_correlation(hill, even) is None
    assert map_similarity(even, hill) is None  # said nothing before
    assert map_similarity(hill, even) == 0  # lost all it said


def test_agreement_needs_no_common_resolution():
    side = np.linspace(-1, 1, 8)
    fine = np.add.outer(side, 2 * side)[np.newaxis]
    coarse = np.add.outer(side[::4] + 0.3, 2 * side[::4] + 0.6)[np.newaxis]
    found = method_agreement(
        {"fine": fine, "coarse": coarse, "against": -fine, "zero": 0 * fine}, 8
    )
    assert found["methods"] == ["fine", "coarse", "against", "zero"]
    matrix = found["matrix"]
    assert matrix[0][0] == pytest.approx(1)
    assert matrix[0][1] > 0.9
    assert matrix[0][2] == pytest.approx(-1)
    assert matrix[3] == [None] * 4
