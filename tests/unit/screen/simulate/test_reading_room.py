"""Absences, nights and the end of a simulated absence."""

import numpy as np
import pytest

from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.day_hours import DayHours
from tasks.screen.simulate.reading_room import simulate_absence

CLINIC = Clinic(0.3, 3, 6, 30, reading_times="fixed")  # leaves at 2 o'clock, back at 8


def simulate(clinic: Clinic, seed: int = 0):
    return simulate_absence(clinic, np.random.SeedSequence(seed))


def test_films_come_in_film_hours_only_and_nobody_reads_before_the_return_or_at_night():
    found = simulate(CLINIC)
    assert CLINIC.leaves_at == 2
    assert ((found.arrivals % 24 >= 8) & (found.arrivals % 24 <= 20)).all()
    assert found.starts[0] == 32
    assert ((found.starts % 24 >= 8) & (found.starts % 24 < 17)).all()


def test_each_film_is_read_once_after_it_came_and_the_list_ends_empty():
    found = simulate(CLINIC)
    assert len(found.arrivals) == len(found.starts) > 30
    assert (found.starts >= found.arrivals).all()
    assert (np.diff(found.starts) >= 0.1 - 1e-9).all()  # one reader, 6 minutes each


def test_the_earliest_reading_is_the_first_hour_with_a_radiologist():
    clinic = Clinic(0.3, 3, 6, 30, film_hours=DayHours(0, 24))
    found = simulate(clinic)
    during = found.arrivals < 32
    assert (found.earliest[during] == 32).all()
    assert (found.starts >= found.earliest).all()


def test_two_radiologists_read_two_films_at_once():
    found = simulate(Clinic(0.3, 3, 6, 30, radiologists=2, reading_times="fixed"))
    assert found.starts[0] == found.starts[1] == 32


def test_with_a_horizon_films_stop_then_and_all_are_read():
    found = simulate(Clinic(0.3, 30, 30, 10, horizon_hours=48))
    assert found.arrivals[-1] < (8 - 10) % 24 + 48
    assert len(found.arrivals) == len(found.starts)


def test_an_absence_in_which_no_film_comes_ends_at_once():
    night = Clinic(0.3, 3, 6, 12)  # from 20 to 8 o'clock
    assert len(simulate(night).arrivals) == 0


def test_equal_seeds_give_equal_absences_and_others_do_not():
    assert simulate(CLINIC).arrivals.tolist() == simulate(CLINIC).arrivals.tolist()
    assert simulate(CLINIC).arrivals.tolist() != simulate(CLINIC, 1).arrivals.tolist()


@pytest.mark.parametrize("law", ["lognormal", "exponential", "fixed"])
def test_reading_times_have_the_stated_mean(law):
    clinic = Clinic(
        0.3, 30, 6, 100, reading_times=law, film_hours=DayHours(0, 24),
        reading_hours=DayHours(0, 24), horizon_hours=120,
    )  # fmt: skip
    found = simulate(clinic)  # never idle: each gap is one reading time
    assert np.diff(found.starts).mean() == pytest.approx(0.1, rel=0.06)


def test_films_of_an_absence_are_those_of_the_busy_period():
    clinic = Clinic(0.3, 6, 6, 24, film_hours=DayHours(0, 24), reading_hours=DayHours(0, 24))
    counts = [len(simulate(clinic, seed).arrivals) for seed in range(30)]
    assert clinic.expected_films == pytest.approx(144 / 0.4)
    assert np.mean(counts) == pytest.approx(clinic.expected_films, rel=0.12)
