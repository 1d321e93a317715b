"""Options of the command line: each bad value is refused with the option and the rule."""

import pytest

from tasks.core.errors import ScreeningError
from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.clinic_options import OPTIONS, read_clinic, read_count
from tasks.screen.simulate.day_hours import DayHours

DEFAULTS = {name: option.default for name, option in OPTIONS.items()}


def test_the_defaults_are_a_clinic_and_each_says_where_it_comes_from():
    assert read_clinic(DEFAULTS) == Clinic(0.35, 3, 5, 72)
    assert all(option.source for option in OPTIONS.values())


def test_values_are_taken():
    given = DEFAULTS | {"film-hours": "22-6.5", "reading-times": "fixed", "horizon-hours": "240"}
    clinic = read_clinic(given)
    assert clinic.film_hours == DayHours(22, 6.5)
    assert (clinic.reading_times, clinic.horizon_hours) == ("fixed", 240)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("prevalence", text) for text in ("2", "0", "1", "-0.1", "nan", "inf", "much", "")),
        *(("arrivals-per-hour", text) for text in ("-3", "0", "1e9")),
        *(("reading-minutes", text) for text in ("-5", "0", "1e300")),
        *(("absent-hours", text) for text in ("-1", "0", "9000")),
        *(("radiologists", text) for text in ("0", "-1", "1.5", "101", "\u0665", "9" * 5000)),
        *(("film-hours", text) for text in ("8", "8-8", "25-3", "8-25", "a-b", "-3-4", "24-3")),
        ("reading-hours", "17"),
        ("reading-times", "gamma"),
        *(("horizon-hours", text) for text in ("72", "10", "-1", "")),
    ],
)
def test_a_bad_value_is_refused_by_its_option(name, text):
    with pytest.raises(ScreeningError) as raised:
        read_clinic(DEFAULTS | {name: text})
    assert raised.value.rule.startswith(f"--{name} must be")
    assert raised.value.where == "the command line"


def test_a_list_that_grows_for_ever_is_refused_unless_its_time_is_limited():
    crowded = DEFAULTS | {"arrivals-per-hour": "9"}  # exactly the reading time of a day
    with pytest.raises(ScreeningError, match="100 % of it: the list grows for ever") as raised:
        read_clinic(crowded)
    assert "--horizon-hours" in raised.value.next_step
    assert read_clinic(crowded | {"horizon-hours": "200"}).utilisation == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"arrivals-per-hour": "8.9999"},
        {"arrivals-per-hour": "700", "radiologists": "100", "absent-hours": "700"},
        {"arrivals-per-hour": "900", "horizon-hours": "800"},
    ],
)
def test_a_simulation_that_is_too_large_is_refused(changes):
    with pytest.raises(ScreeningError, match="an absence may have 20,000 films"):
        read_clinic(DEFAULTS | changes)


def test_whole_numbers_have_their_limits():
    assert read_count({"seed": "0"}, "seed", 0, 9) == 0
    with pytest.raises(ScreeningError, match="from 0 to 9"):
        read_count({"seed": "10"}, "seed", 0, 9)
