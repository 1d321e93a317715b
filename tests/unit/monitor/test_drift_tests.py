"""Moves of one feature, with numbers by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tasks.monitor.drift_tests import (
    compare_levels,
    compare_numbers,
    smallest_visible_move,
    spreads_of_share,
)
from tasks.monitor.film_features import ACQUISITION

MEAN, FORMAT, WIDTH = (ACQUISITION[name] for name in ("mean", "format", "width"))


def test_a_shift_is_measured_in_the_unit_of_the_feature() -> None:
    before = pd.Series(np.arange(100.0))
    move = compare_numbers("mean", MEAN, before, before + 60)
    assert move is not None
    assert move.moved_by == pytest.approx(60)
    assert move.statistic == pytest.approx(0.6)
    assert move.spreads == pytest.approx(60 / np.arange(100.0).std())
    assert (move.reference, move.inbox, move.is_higher) == (49.5, 109.5, True)


def test_a_constant_of_the_training_is_measured_in_steps() -> None:
    move = compare_numbers("width", WIDTH, pd.Series([224.0] * 50), pd.Series([1024.0] * 5))
    assert move is not None
    assert move.spreads == pytest.approx(800)  # steps of 1 px


def test_equal_numbers_and_missing_ones_make_no_test() -> None:
    same, none = pd.Series([3.0, 3.0]), pd.Series([np.nan, np.nan])
    assert compare_numbers("mean", MEAN, same, same) is None
    assert compare_numbers("mean", MEAN, same, none) is None


def test_levels_are_compared_by_the_share_of_films_that_differ() -> None:
    before = pd.Series(["JPEG"] * 30 + ["PNG"] * 10)
    move = compare_levels("format", FORMAT, before, pd.Series(["PNG"] * 8), seed=0)
    assert move is not None
    assert move.moved_by == pytest.approx(0.75)
    assert (move.reference, move.inbox) == ("JPEG", "PNG")
    # Fisher's exact probability of 8 PNG among 8: C(18, 8) / C(48, 8) = 1.2e-4
    assert move.p_value == pytest.approx(2e-4, abs=4e-4)
    assert compare_levels("format", FORMAT, before[:3], before[:2], seed=0) is None


def test_a_share_is_that_of_two_normal_curves() -> None:
    share = norm.cdf(0.7) - norm.cdf(-0.7)
    assert spreads_of_share(share, 10_000) == pytest.approx(1.4)
    assert np.isfinite(spreads_of_share(1.0, 3))


def test_more_films_show_smaller_moves() -> None:
    moves = [smallest_visible_move(5000, n, 0.05 / 20) for n in (1, 20, 200, 2000)]
    assert all(move is not None for move in moves)
    assert moves == sorted(moves, reverse=True)
    assert moves[2] == pytest.approx(0.33, abs=0.02)
