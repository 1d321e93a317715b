import numpy as np
import pytest

from tasks.page.curve_points import calibration_bins, roc_points


def test_roc_of_four_films_worked_by_hand() -> None:
    prob = np.array([0.9, 0.8, 0.8, 0.1])
    positive = np.array([True, True, False, False])

    false_alarm_rate, sensitivity = roc_points(prob, positive)

    assert false_alarm_rate.tolist() == [0, 0, 0.5, 1]  # the tie at 0.8 is one point
    assert sensitivity.tolist() == [0, 0.5, 1, 1]


def test_calibration_bins_have_equal_numbers_of_films() -> None:
    prob = np.array([0.9, 0.1, 0.3, 0.7, 0.2, 0.8])
    positive = prob > 0.25

    low, high = calibration_bins(prob, positive, 2)

    assert (low.n_films, high.n_films) == (3, 3)
    assert low.mean_prob == pytest.approx(0.2)
    assert (low.share, high.share) == (pytest.approx(1 / 3), 1.0)


def test_bin_has_the_wilson_interval_of_its_share() -> None:
    positive = np.array([True] * 8 + [False] * 2)

    (only,) = calibration_bins(np.full(10, 0.7), positive, 1)

    assert (round(only.low, 4), round(only.high, 4)) == (0.4902, 0.9433)  # Newcombe 1998, method 3


def test_fewer_films_than_bins_give_one_bin_per_film() -> None:
    assert len(calibration_bins(np.array([0.2, 0.4]), np.array([False, True]), 8)) == 2
