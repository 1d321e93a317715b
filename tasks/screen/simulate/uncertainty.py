"""The simulated waits with their 95 % intervals: test films resampled, absences repeated.

The value comes from all test films and all simulated absences. Each resample takes the test films
by patient, and some of the absences, with replacement; so an interval holds that the test films
are few and that absences differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core.statistics.arrays import Bools, Floats
from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.reading_order import (
    ORDERS,
    WORKLIST,
    Ints,
    rank_films,
    reading_waits,
    waits_without_scores,
)
from tasks.screen.simulate.reading_room import Absence, simulate_absence
from tasks.screen.simulate.scored_films import ScoredFilms, deal_films, resample_by_patient
from tasks.screen.simulate.waits import (
    ALL,
    FINDING,
    MISSED,
    MISSED_LAST,
    NO_FINDING,
    Waits,
    measure_waits,
    pool_waits,
)


@dataclass(frozen=True)
class Effort:
    """How much is simulated: absences, resamples of the test films, absences in each resample."""

    n_absences: int
    n_resamples: int
    n_inside: int


@dataclass(frozen=True)
class Deals:
    """Absences of a clinic with the numbers that deal films to them.

    numbers: for each absence (3, n) float64 in [0, 1): finding or not, which film, random order.
    """

    absences: Sequence[Absence]
    numbers: Sequence[Floats]


@dataclass(frozen=True)
class Outcome:
    """What the simulation of one clinic found.

    values: (n_orders, n_kinds, n_metrics), see `measure_waits`. resampled: (n_resamples, the same).
    of_absences: (n_absences, the same), each absence by itself. waits: all films.
    """

    values: Floats
    resampled: Floats
    of_absences: Floats
    waits: Waits


def simulate_deals(clinic: Clinic, n_absences: int, seed: int) -> Deals:
    """Simulate absences. Absence k has the same random numbers in every clinic of a seed."""
    absences, numbers = [], []
    for k in range(n_absences):
        of_room, of_films = np.random.SeedSequence((seed, k)).spawn(2)
        absences.append(simulate_absence(clinic, of_room))
        shape = (len(absences[-1].arrivals), 3)
        numbers.append(np.random.default_rng(of_films).random(shape).T)
    return Deals(absences, numbers)


def simulate_outcome(
    clinic: Clinic, films: ScoredFilms, deals: Deals, effort: Effort, seed: int
) -> Outcome:
    """Let every order read the films of the absences.

    Args:
        clinic: Its prevalence counts; `deals` were simulated for the rest of it.
        films: Test films, whose scores the films of the clinic get.
        deals: From `simulate_deals`.
        effort: Numbers of resamples; `n_absences` is that of `deals`.
        seed: Of the resamples.
    """
    lists = [
        _list_of(absence, numbers, clinic.prevalence)
        for absence, numbers in zip(deals.absences, deals.numbers, strict=True)
    ]
    every = np.ones(len(films.patient), dtype=np.int64)
    each = [_read_list(one, films, every) for one in lists]
    rng = np.random.default_rng(np.random.SeedSequence((seed, 0, 1)))
    resampled = []
    for weights in resample_by_patient(films, effort.n_resamples, rng):
        chosen = rng.integers(0, len(lists), effort.n_inside).tolist()
        inside = [_read_list(lists[k], films, weights) for k in chosen]
        resampled.append(measure_waits(pool_waits(inside)))
    return Outcome(
        values=measure_waits(pool_waits(each)),
        resampled=np.array(resampled),
        of_absences=np.array([measure_waits(one) for one in each]),
        waits=pool_waits(each),
    )


@dataclass(frozen=True)
class _List:
    """The films of one absence, before the network scores them."""

    absence: Absence
    positive: Bools
    luck: Floats
    waits: dict[str, Floats]


def _list_of(absence: Absence, numbers: Floats, prevalence: float) -> _List:
    finding, luck, chance = numbers
    positive = finding < prevalence
    return _List(absence, positive, luck, waits_without_scores(absence, positive, chance))


def _read_list(films_taken: _List, films: ScoredFilms, weights: Ints) -> Waits:
    """Deal scores to the films of one absence, and read them in the order of the worklist."""
    positive = films_taken.positive
    dealt = deal_films(films, weights, positive, films_taken.luck)
    missed = positive & films.called_negative[dealt]
    kinds = {
        ALL: np.ones(len(positive), dtype=bool),
        FINDING: positive,
        NO_FINDING: ~positive,
        MISSED: missed,
        MISSED_LAST: missed & films.is_last[dealt],
    }
    worklist = reading_waits(films_taken.absence, rank_films(films.urgency[dealt]))
    by_order = films_taken.waits | {WORKLIST: worklist}
    return Waits({order: by_order[order] for order in ORDERS}, kinds)
