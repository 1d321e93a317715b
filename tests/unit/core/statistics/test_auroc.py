"""AUROC and its interval: numbers worked by hand."""

import math

import numpy as np
import pytest

from tasks.core.statistics.auroc import Estimate, auroc, interval


def test_auroc_counts_pairs_in_order_and_ties_as_half() -> None:
    # positives 2, 3; negatives 1, 2: 3 pairs in order, one tie -> (3 + 0.5) / 4
    positive = np.array([False, False, True, True])
    assert auroc(np.array([1.0, 2.0, 2.0, 3.0]), positive) == 0.875
    assert auroc(np.zeros(4), positive) == 0.5


def test_interval_ends_solve_newcombes_equation() -> None:
    # method 5 with m = n = 10: surplus (10 + 10) / 2 - 1 = 9
    found = interval(0.8, 10, 10)
    for end in (found.low, found.high):
        spread = 1 + 9 * ((1 - end) / (2 - end) + end / (1 + end))
        error = math.sqrt(end * (1 - end) * spread / 100)
        assert abs(0.8 - end) == pytest.approx(1.959964 * error, abs=1e-9)
    assert found.low < 0.8 < found.high


def test_interval_at_one_keeps_a_width_that_more_groups_narrow() -> None:
    few, many = interval(1.0, 10, 10), interval(1.0, 100, 100)
    assert few.high == many.high == 1.0
    assert few.low < many.low < 1.0


def test_folding_turns_value_and_interval_over() -> None:
    assert Estimate(0.25, 0.125, 0.5).folded() == Estimate(0.75, 0.5, 0.875)
    assert Estimate(0.75, 0.5, 0.875).folded() == Estimate(0.75, 0.5, 0.875)
