import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from tasks.page.curves import calibration_bins, roc_points, wilson_interval


def test_roc_of_four_films_worked_by_hand() -> None:
    prob = np.array([0.9, 0.8, 0.8, 0.1])
    positive = np.array([True, True, False, False])

    alarms, hits = roc_points(prob, positive)

    assert alarms.tolist() == [0, 0, 0.5, 1]  # the tie at 0.8 is one point
    assert hits.tolist() == [0, 0.5, 1, 1]


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=60))
def test_roc_equals_that_of_scikit_learn(films: list[tuple[int, bool]]) -> None:
    prob = np.array([score / 9 for score, _ in films])
    positive = np.array([truth for _, truth in films])
    if positive.all() or not positive.any():
        return  # scikit-learn warns: the curve is undefined

    alarms, hits = roc_points(prob, positive)

    expected = roc_curve(positive, prob, drop_intermediate=False)
    np.testing.assert_allclose(alarms, expected[0])
    np.testing.assert_allclose(hits, expected[1])


def test_calibration_bins_hold_equal_numbers_of_films() -> None:
    prob = np.array([0.9, 0.1, 0.3, 0.7, 0.2, 0.8])
    positive = prob > 0.25

    low, high = calibration_bins(prob, positive, 2)

    assert (low.n_films, high.n_films) == (3, 3)
    assert low.mean_prob == pytest.approx(0.2)
    assert (low.share, high.share) == (pytest.approx(1 / 3), 1.0)


def test_fewer_films_than_bins_make_one_bin_each() -> None:
    assert len(calibration_bins(np.array([0.2, 0.4]), np.array([False, True]), 8)) == 2


def test_wilson_interval_of_eight_in_ten() -> None:
    low, high = wilson_interval(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)  # Newcombe 1998, method 3


def test_wilson_interval_stays_within_zero_and_one() -> None:
    assert wilson_interval(0, 5)[0] == 0.0
    assert wilson_interval(5, 5)[1] == 1.0
