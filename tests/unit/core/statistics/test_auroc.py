"""AUROC and its interval: numbers worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.statistics.auroc import auroc, auroc_interval


def test_auroc_counts_pairs_in_order_and_ties_as_half() -> None:
    # positives 2, 3; negatives 1, 2: 3 pairs in order, one tie -> (3 + 0.5) / 4
    positive = np.array([False, False, True, True])
    assert auroc(np.array([1.0, 2.0, 2.0, 3.0]), positive) == 0.875
    assert auroc(np.zeros(4), positive) == 0.5


@given(
    value=st.floats(0, 1),
    n_positive=st.integers(1, 5000),
    n_negative=st.integers(1, 5000),
)
def test_interval_ends_solve_newcombes_equation(
    value: float, n_positive: int, n_negative: int
) -> None:
    found = auroc_interval(value, n_positive, n_negative)
    assert 0 <= found.low <= value <= found.high <= 1
    surplus = (n_positive + n_negative) / 2 - 1
    for end in (found.low, found.high):
        spread = 1 + surplus * ((1 - end) / (2 - end) + end / (1 + end))
        error = math.sqrt(end * (1 - end) * spread / (n_positive * n_negative))
        assert abs(value - end) == pytest.approx(1.959964 * error, abs=1e-5)


def test_interval_at_one_keeps_a_width_that_more_patients_narrow() -> None:
    few, many = auroc_interval(1.0, 10, 10), auroc_interval(1.0, 100, 100)
    assert few.high == many.high == 1.0
    assert few.low == pytest.approx(0.800, abs=5e-4)
    assert few.low < many.low < 1.0


def test_intervals_at_zero_and_one_are_mirror_images() -> None:
    at_zero, at_one = auroc_interval(0.0, 7, 12), auroc_interval(1.0, 7, 12)
    assert at_zero.low == 0.0
    assert at_zero.high == pytest.approx(1 - at_one.low, abs=1e-9)
