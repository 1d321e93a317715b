"""The options of the command line, each with its default, and where the default comes from."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from tasks.core.errors import ScreeningError
from tasks.screen.simulate.clinic import Clinic, ReadingTimes
from tasks.screen.simulate.day_hours import DayHours

MAX_ABSENCE_FILMS = 20_000  # of one absence on average: a few seconds for each 100 absences
_ASSUMED = "an assumption: give that of your clinic"
_SPAN = re.compile(r"([0-9]{1,2}(?:\.[0-9]+)?)-([0-9]{1,2}(?:\.[0-9]+)?)")


@dataclass(frozen=True)
class ClinicOption:
    """An option of the command line.

    default: as it would be typed; None if nothing is set. meaning: in words. source: of the
    default.
    """

    default: str | None
    meaning: str
    source: str = _ASSUMED


OPTIONS: Mapping[str, ClinicOption] = {
    "prevalence": ClinicOption(
        "0.35",
        "share of films with the finding",
        "lowest of nine hospitals in seven countries, which found an abnormal film in 35 to 64 % of"
        " children with severe pneumonia: Fancourt et al., Clin. Infect. Dis. 64(S3):S262-S270,"
        " 2017",
    ),
    "arrivals-per-hour": ClinicOption("3", "mean number of films in an hour of --film-hours"),
    "reading-minutes": ClinicOption(
        "5",
        "mean minutes that a radiologist needs for a film",
        "an assumption; five minutes for a case were measured in 1978, interruptions included"
        " (Proc. SPIE 152), and plain films above 10 minutes are outliers: Cowan et al., J. Med."
        " Imaging Radiat. Oncol. 57:558-566, 2013",
    ),
    "absent-hours": ClinicOption("72", "hours on end without a radiologist"),
    "radiologists": ClinicOption(
        "1", "how many read at once when they are back", "a hospital with one"
    ),
    "film-hours": ClinicOption(
        "8-20", "hours of the day in which films are taken; 20-8 is overnight"
    ),
    "reading-hours": ClinicOption(
        "8-17", "hours of the day in which films are read; the radiologist returns at the first"
    ),
    "reading-times": ClinicOption(
        "lognormal",
        "law of the reading times: lognormal (standard deviation half of the mean), fixed, or"
        " exponential",
        "an assumption",
    ),
    "horizon-hours": ClinicOption(
        None,
        "films are taken for so many hours from the departure on; without it, until the list is"
        " empty for the first time after the return",
        "so nothing depends on a choice of the end",
    ),
}


def read_clinic(given: Mapping[str, str | None]) -> Clinic:
    """The clinic that the command line states.

    Args:
        given: Text by the name of the option, as in `OPTIONS`.

    Raises:
        ScreeningError: A value breaks its rule, the list would grow for ever, or the simulation is
            too large.
    """
    clinic = Clinic(
        prevalence=_number(given, "prevalence", "above 0 and below 1", 0, 1),
        arrivals_per_hour=_number(given, "arrivals-per-hour", "above 0, at most 1000", 0, 1000.1),
        reading_minutes=_number(given, "reading-minutes", "above 0, at most 1440", 0, 1440.1),
        absent_hours=_number(given, "absent-hours", "above 0, at most 8784 (a year)", 0, 8784.1),
        radiologists=read_count(given, "radiologists", 1, 100),
        film_hours=_span(given, "film-hours"),
        reading_hours=_span(given, "reading-hours"),
        reading_times=_reading_times(given),
        horizon_hours=None
        if given["horizon-hours"] is None
        else _number(given, "horizon-hours", "above 0, at most 87840", 0, 87841),
    )
    _require_end(clinic)
    return clinic


def read_count(given: Mapping[str, str | None], name: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`.

    Raises:
        ScreeningError: The text is no such number.
    """
    text = given[name] or ""
    if not (text.isascii() and text.isdigit()) or not low <= int(text[:12]) <= high:
        raise _fault(name, f"must be a whole number from {low} to {high}", text)
    return int(text)


def _number(
    given: Mapping[str, str | None], name: str, rule: str, above: float, below: float
) -> float:
    text = given[name] or ""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not above < value < below:
        raise _fault(name, f"must be a number {rule}", text)
    return value


def _span(given: Mapping[str, str | None], name: str) -> DayHours:
    match = _SPAN.fullmatch(given[name] or "")
    start, end = map(float, match.groups()) if match else (24.0, 24.0)
    if not (start < 24 and 0 < end <= 24 and start != end):
        raise _fault(name, "must be two hours of the day, such as 8-17 or 22-6", given[name] or "")
    return DayHours(start, end)


def _reading_times(given: Mapping[str, str | None]) -> ReadingTimes:
    for law in get_args(ReadingTimes):
        if law == given["reading-times"]:
            return law  # type: ignore[no-any-return]
    laws = ", ".join(get_args(ReadingTimes))
    raise _fault("reading-times", f"must be one of {laws}", given["reading-times"] or "")


def _require_end(clinic: Clinic) -> None:
    """The list must become empty again, or the films must stop."""
    horizon = clinic.horizon_hours
    if horizon is not None and horizon <= clinic.absent_hours:
        raise _fault("horizon-hours", "must be more than --absent-hours", f"{horizon:g}")
    if horizon is None and clinic.utilisation >= 1:
        raise ScreeningError(
            "a day's films must need less reading time than the radiologists have in a day",
            found=f"{100 * clinic.utilisation:.0f} % of it: the list grows for ever, in any order",
            where="--arrivals-per-hour, --film-hours, --reading-minutes, --reading-hours,"
            " --radiologists",
            next_step="change one of them, or simulate a limited time: --horizon-hours HOURS",
        )
    if clinic.expected_films > MAX_ABSENCE_FILMS:
        raise ScreeningError(
            f"an absence may have {MAX_ABSENCE_FILMS:,} films on average",
            found=f"{clinic.expected_films:,.0f} films until the list is empty",
            where="--arrivals-per-hour, --absent-hours, --horizon-hours",
            next_step="lower one of them; a utilisation near 100 % takes very long to clear a list",
        )


def _fault(name: str, rule: str, found: str) -> ScreeningError:
    return ScreeningError(
        f"--{name} {rule}",
        found=found or "nothing",
        where="the command line",
        next_step="`python -m tasks.screen.simulate --help` states the options",
    )
