"""The first line says what was found, whichever way it goes."""

from typing import Any

import pytest

from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.day_hours import DayHours
from tasks.screen.simulate.simulation_text import (
    clinic_text,
    findings_text,
    simulation_headline,
)


def estimate(value: float | None, low: float | None = None, high: float | None = None) -> Any:
    return {"mean": {"value": value, "low": low, "high": high}}


def result(
    change: Any, others: Any = None, missed: Any = None, n_missed: int = 4, n_last: int = 2
) -> dict[str, Any]:
    waits = {"arrival": 36.6, "worklist": 31.3, "perfect": 31.0, "random": 36.5, "nobody": 29.8}
    kinds = {
        "finding": change,
        "no_finding": others or estimate(2.8, 2.4, 3.3),
        "missed": missed or estimate(4.0, 1.5, 6.0),
        "missed_last": estimate(9.0),
    }
    return {
        "network": {
            "finding": "PNEUMONIA", "n_missed": n_missed, "n_with_finding": 88,
            "n_missed_last": n_last,
        },
        "orders": {order: {"finding": estimate(hours)} for order, hours in waits.items()},
        "changes": {"worklist": kinds},
        "single_absence": {"low": -7.8, "high": 0.4, "share_longer": 0.03},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            estimate(-5.3, -6.1, -4.5),
            "is read 5.3 hours sooner on average (95 % interval 4.5",
        ),
        (estimate(0.5, 0.2, 1.2), "is read 30 minutes later on average (95 % interval 12 minutes"),
        (estimate(-0.1, -0.5, 0.3), "does not clearly change how long a film with PNEUMONIA waits"),
        (estimate(None), "Too few films with PNEUMONIA were simulated"),
        (estimate(-1.0), "Too few films with PNEUMONIA were simulated"),
    ],
)
def test_the_headline_follows_the_interval(change, words):
    assert words in simulation_headline(result(change))


def test_the_price_the_limit_and_the_missed_films_are_said():
    text = " ".join(findings_text(result(estimate(-5.3, -6.1, -4.5))))
    assert "a film with PNEUMONIA waits 36.6 hours; with the worklist 31.3 hours" in text
    assert "For 29.8 hours of this wait nobody is there to read" in text
    assert "Films without a finding wait 2.8 hours longer (95 % interval 2.4 hours" in text
    assert " to 3.3 hours)." in text
    assert (
        "called 4 of 88 test films with PNEUMONIA negative. Such films wait 4.0 hours long" in text
    )
    assert "2 of them were not referred either" in text
    assert "too few for an interval" in text
    assert "in 3 of 100 this wait is longer" in text


def test_the_assumptions_are_one_line():
    clinic = Clinic(0.35, 3, 5, 72, film_hours=DayHours(20, 8))
    assert clinic_text(clinic, "PNEUMONIA", 200) == (
        "simulating 200 absences of 72 hours. Assumed: 3 films an hour (20-8 o'clock), 35 % of them"
        " with PNEUMONIA, 5 minutes to read a film (8-17 o'clock)"
    )


def test_a_network_that_missed_no_test_film_is_not_called_free_of_errors():
    text = " ".join(findings_text(result(estimate(-5.3, -6.1, -4.5), n_missed=0)))
    assert "A film that it misses, and does not refer, waits behind all others." in text


def test_missed_films_that_did_not_occur_and_no_clear_price_are_said():
    unknown = result(estimate(-1, -2, -0.5), estimate(0.1, -0.2, 0.4), estimate(None), n_last=0)
    text = " ".join(findings_text(unknown))
    assert "Such films did not occur in the simulation." in text
    assert "do not clearly wait longer or less: +6 minutes" in text


def test_without_films_nothing_is_claimed():
    nothing = result(estimate(None))
    nothing["orders"]["arrival"]["finding"] = estimate(None)
    assert list(findings_text(nothing)) == []
