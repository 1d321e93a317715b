"""What networks of known quality gain: nothing, all, or less than nothing; and the intervals."""

from functools import cache

import numpy as np
import pytest

from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.reading_order import ARRIVAL, ORDERS, PERFECT, RANDOM, WORKLIST
from tasks.screen.simulate.scored_films import ScoredFilms
from tasks.screen.simulate.uncertainty import (
    Effort,
    Outcome,
    simulate_deals,
    simulate_outcome,
)
from tasks.screen.simulate.wait_estimates import resampled_interval, wait_change, wait_of
from tasks.screen.simulate.waits import ALL, FILM_KINDS, FINDING, MISSED, NO_FINDING
from tests.simulated_clinics import scored_films

CLINIC = Clinic(0.3, 4, 6, 24)
EFFORT = Effort(n_absences=60, n_resamples=60, n_inside=10)
RNG = np.random.default_rng(0)
USELESS = scored_films(RNG.random(60), RNG.random(60))
PERFECT_NETWORK = scored_films(RNG.uniform(0.6, 1, 60), RNG.uniform(0, 0.4, 60))
GOOD = scored_films(RNG.beta(4, 2, 60), RNG.beta(2, 4, 60))


@cache
def deals():
    return simulate_deals(CLINIC, EFFORT.n_absences, seed=0)


def outcome(films: ScoredFilms, effort: Effort = EFFORT) -> Outcome:
    return simulate_outcome(CLINIC, films, deals(), effort, seed=0)


def mean(found: Outcome, order: str, kind: str) -> float:
    value = wait_of(found, order, kind, "mean")["value"]
    assert value is not None
    return value


def test_a_useless_network_gains_nothing():
    change = wait_change(outcome(USELESS), WORKLIST, FINDING, "mean")
    assert change["low"] < 0 < change["high"]
    best = wait_change(outcome(USELESS), PERFECT, FINDING, "mean")
    assert abs(change["value"]) < 0.15 * abs(best["value"])


def test_a_perfect_network_equals_the_perfect_order():
    found = outcome(PERFECT_NETWORK)
    for kind in (FINDING, NO_FINDING):
        assert mean(found, WORKLIST, kind) == pytest.approx(mean(found, PERFECT, kind), abs=1e-9)


def test_an_inverted_network_makes_films_with_the_finding_wait_longer():
    inverted = scored_films(RNG.uniform(0, 0.4, 60), RNG.uniform(0.6, 1, 60))
    assert wait_change(outcome(inverted), WORKLIST, FINDING, "mean")["low"] > 0


def test_a_good_network_is_between_and_what_it_gains_others_pay():
    found = outcome(GOOD)
    assert mean(found, PERFECT, FINDING) < mean(found, WORKLIST, FINDING)
    assert wait_change(found, WORKLIST, FINDING, "mean")["high"] < 0
    assert wait_change(found, WORKLIST, NO_FINDING, "mean")["low"] > 0


def test_a_missed_film_without_referral_waits_longer():
    found = np.append(np.full(45, 0.9), np.full(15, 0.01))
    blind = scored_films(found, RNG.uniform(0.02, 0.4, 60))
    assert wait_change(outcome(blind), WORKLIST, MISSED, "mean")["low"] > 0


def test_no_order_changes_the_mean_of_all_films():
    found = outcome(GOOD)
    for order in (WORKLIST, PERFECT, RANDOM):
        change = wait_change(found, order, ALL, "mean")
        assert list(change.values()) == pytest.approx([0, 0, 0], abs=1e-9)
    change = wait_change(found, RANDOM, FINDING, "mean")
    assert change["low"] < 0 < change["high"]


def test_fewer_test_films_make_the_interval_wider():
    def width(n: int) -> float:
        few = scored_films(np.linspace(0.2, 0.9, n), np.linspace(0.1, 0.8, n))
        change = wait_change(outcome(few), WORKLIST, FINDING, "mean")
        return change["high"] - change["low"]

    assert width(5) > 1.5 * width(80)


def test_orders_have_the_same_films_and_equal_seeds_the_same_result():
    one, two = outcome(GOOD), outcome(GOOD)
    assert np.array_equal(one.values, two.values)
    assert np.array_equal(one.resampled, two.resampled, equal_nan=True)
    assert one.values.shape == (len(ORDERS), len(FILM_KINDS), 6)
    assert mean(one, ARRIVAL, FINDING) == mean(outcome(USELESS), ARRIVAL, FINDING)


def test_an_interval_needs_a_value_and_enough_resamples():
    assert resampled_interval(np.nan, np.ones(10)) == {"value": None, "low": None, "high": None}
    some = np.append(np.full(3, np.nan), np.ones(37))
    assert resampled_interval(1.0, some) == {"value": 1.0, "low": None, "high": None}
    found = resampled_interval(0.5, np.append(np.linspace(0, 1, 1001), np.nan))
    assert found == pytest.approx({"value": 0.5, "low": 0.025, "high": 0.975})
