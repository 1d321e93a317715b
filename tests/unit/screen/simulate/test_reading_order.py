"""Which film is read next, worked by hand, and the laws that every order keeps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.reading_order import (
    ARRIVAL,
    ORDERS,
    PERFECT,
    RANDOM,
    UNATTENDED,
    rank_films,
    reading_waits,
    waits_without_scores,
)
from tasks.screen.simulate.reading_room import Absence, simulate_absence

# Four films during an absence until hour 10; readings at 10, 11, 12, 13
COME = np.array([1.0, 2.0, 3.0, 10.5])
ABSENCE = Absence(COME, np.array([10.0, 11.0, 12.0, 13.0]), np.maximum(COME, 10.0))


def test_the_lowest_rank_on_the_list_is_read_next_and_later_films_may_overtake():
    # films 2, 3, 1, 0 by rank; film 3 comes after the first reading began
    waits = reading_waits(ABSENCE, np.array([3, 2, 0, 1]))
    assert waits.tolist() == [12.0, 10.0, 7.0, 0.5]


def test_equal_keys_are_read_as_they_came():
    assert rank_films(np.array([1, 0, 1, 0])).tolist() == [2, 0, 3, 1]


def test_the_orders_without_scores():
    positive = np.array([False, False, True, True])
    waits = waits_without_scores(ABSENCE, positive, chance=np.array([0.1, 0.2, 0.3, 0.4]))
    assert waits[ARRIVAL].tolist() == [9.0, 9.0, 9.0, 2.5]
    assert waits[PERFECT].tolist() == [11.0, 11.0, 7.0, 0.5]
    assert waits[RANDOM].tolist() == waits[ARRIVAL].tolist()
    assert waits[UNATTENDED].tolist() == [9.0, 8.0, 7.0, 0.0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_no_order_changes_the_mean_of_all_films_nor_waits_less_than_nobody_is_there(seed, readers):
    clinic = Clinic(0.3, 4, 8, 20, radiologists=readers)
    absence = simulate_absence(clinic, np.random.SeedSequence(seed))
    n = len(absence.arrivals)
    rng = np.random.default_rng(seed)
    waits = waits_without_scores(absence, rng.random(n) < 0.3, rng.random(n))
    waits["any"] = reading_waits(absence, rng.permutation(n))
    for order in set(waits) - {UNATTENDED}:
        assert waits[order].sum() == pytest.approx(waits[ARRIVAL].sum())
        assert (waits[order] >= waits[UNATTENDED] - 1e-9).all()
    assert set(ORDERS) - {"worklist"} <= set(waits)
