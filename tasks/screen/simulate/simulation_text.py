"""Sentences that say what a simulation found, whichever way it goes."""

from collections.abc import Iterator, Mapping
from typing import Any

from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.reading_order import ARRIVAL, PERFECT, UNATTENDED, WORKLIST
from tasks.screen.simulate.waits import FINDING, MISSED, MISSED_LAST, NO_FINDING

MINUS = "\N{MINUS SIGN}"
SimulationResult = Mapping[str, Any]  # of `simulate_clinic`

ASSUMPTIONS = (
    "Films come at random and without memory (a Poisson process), in the stated hours of each day.",
    "The films of the clinic get the scores of the test films. The network is as good there as on"
    " its test films. On films of another hospital it may be worse.",
    "A film is scored at once. Every film can be scored. No film is taken again.",
    "Whenever a radiologist is free, the first film of the list is read. No reading is broken off."
    " A reading that began in time is finished.",
    "The reading time does not depend on the film, on its place in the list, or on the answer of"
    " the network.",
    "The list is empty when the radiologist leaves. Nobody reads until the return, not elsewhere"
    " either.",
    "Waiting ends when the reading of the film begins. What a clinician does before or after that"
    " is not simulated.",
)


def clinic_text(clinic: Clinic, finding: str, n_absences: int) -> str:
    """What is simulated, in one line: the assumptions that count most.

    Args:
        clinic: What is simulated.
        finding: Name of the finding.
        n_absences: How often.
    """
    return (
        f"simulating {n_absences} absences of {clinic.absent_hours:g} hours. Assumed:"
        f" {clinic.arrivals_per_hour:g} films an hour ({clinic.film_hours} o'clock),"
        f" {100 * clinic.prevalence:g} % of them with {finding},"
        f" {clinic.reading_minutes:g} minutes to read a film ({clinic.reading_hours} o'clock)"
    )


def simulation_headline(result: SimulationResult) -> str:
    """What was found, in one sentence with its interval."""
    change, finding = result["changes"][WORKLIST][FINDING]["mean"], result["network"]["finding"]
    if change["low"] is None:
        return f"Too few films with {finding} were simulated to compare the worklist."
    interval = f"(95 % interval {range_text(change)})"
    if change["high"] < 0:
        return (
            f"With the worklist a film with {finding} is read {hours_text(-change['value'])} sooner"
            f" on average {interval}."
        )
    if change["low"] > 0:
        return (
            f"With the worklist a film with {finding} is read {hours_text(change['value'])} later"
            f" on average {interval}."
        )
    return (
        f"The worklist does not clearly change how long a film with {finding} waits: by"
        f" {signed_hours(change['value'])} on average {interval}."
    )


def range_text(change: Mapping[str, float]) -> str:
    """The interval of a change without its sign if both ends have the same one."""
    low, high = change["low"], change["high"]
    if high < 0:
        return f"{hours_text(-high)} to {hours_text(-low)}"
    if low > 0:
        return f"{hours_text(low)} to {hours_text(high)}"
    return f"{signed_hours(low)} to {signed_hours(high)}"


def hours_text(hours: float) -> str:
    """A time in hours, or in minutes if it is short.

    Example:
        >>> hours_text(5.28), hours_text(0.5), hours_text(0.001), hours_text(0.0)
        ('5.3 hours', '30 minutes', 'under 1 minute', '0 minutes')
    """
    minutes = 60 * hours
    if 0 < minutes < 1:
        return "under 1 minute"
    if minutes < 59.5:
        return f"{minutes:.0f} minute{'' if round(minutes) == 1 else 's'}"
    return f"{hours:.1f} hours"


def signed_hours(hours: float) -> str:
    r"""A change of a time, with its sign.

    Example:
        >>> print(ascii(signed_hours(-2.0)), signed_hours(0.25), signed_hours(0.0))
        '\u22122.0 hours' +15 minutes 0 minutes
    """
    sign = MINUS if hours < 0 else "+" if hours > 0 else ""
    return f"{sign}{hours_text(abs(hours))}"


def findings_text(result: SimulationResult) -> Iterator[str]:
    """Sentences after the headline: what bounds the gain, and who pays for it."""
    mean = {order: result["orders"][order][FINDING]["mean"]["value"] for order in result["orders"]}
    if mean[ARRIVAL] is None:
        return
    finding = result["network"]["finding"]
    yield (
        f"First come, first served, a film with {finding} waits {hours_text(mean[ARRIVAL])}; with"
        f" the worklist {hours_text(mean[WORKLIST])}; if every film with {finding} were read first"
        f" {hours_text(mean[PERFECT])}."
    )
    yield (
        f"For {hours_text(mean[UNATTENDED])} of this wait nobody is there to read. No order of"
        " reading can shorten that."
    )
    yield f"Films without a finding {_change_text(result, NO_FINDING)}."
    yield _missed_text(result)
    yield from _spread_text(result)


def _spread_text(result: SimulationResult) -> Iterator[str]:
    """How much one absence differs from the next."""
    single, finding = result["single_absence"], result["network"]["finding"]
    if (share := single["share_longer"]) is not None:
        yield (
            "One absence differs from the next: 95 of 100 change the mean wait of films with"
            f" {finding} by {signed_hours(single['low'])} to {signed_hours(single['high'])}; in"
            f" {100 * share:.0f} of 100 this wait is longer."
        )


def _change_text(result: SimulationResult, kind: str) -> str:
    """`wait 2.8 hours longer (95 % interval ...)`, and so on."""
    change = result["changes"][WORKLIST][kind]["mean"]
    if change["low"] is None:
        return f"change their wait by {signed_hours(change['value'])}, too few for an interval"
    interval = f"(95 % interval {range_text(change)})"
    if change["low"] > 0:
        return f"wait {hours_text(change['value'])} longer {interval}"
    if change["high"] < 0:
        return f"wait {hours_text(-change['value'])} less {interval}"
    return f"do not clearly wait longer or less: {signed_hours(change['value'])} {interval}"


def _missed_text(result: SimulationResult) -> str:
    """What the worklist does to the films with the finding that the network calls negative."""
    network, finding = result["network"], result["network"]["finding"]
    if not network["n_missed"]:
        return (
            f"The network missed none of {network['n_with_finding']} test films with {finding}."
            " A film that it misses, and does not refer, waits behind all others."
        )
    told = (
        f"The network called {network['n_missed']} of {network['n_with_finding']} test films with"
        f" {finding} negative. Such films {_change_or_none(result, MISSED)}."
    )
    if network["n_missed_last"]:
        told += (
            f" {network['n_missed_last']} of them were not referred either. They stand in the last"
            f" group, and {_change_or_none(result, MISSED_LAST)}."
        )
    return told


def _change_or_none(result: SimulationResult, kind: str) -> str:
    value = result["changes"][WORKLIST][kind]["mean"]["value"]
    return "did not occur in the simulation" if value is None else _change_text(result, kind)
