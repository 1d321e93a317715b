"""The orders in which films are read, and how long each film then waits."""

import heapq
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Bools, Floats
from tasks.screen.simulate.reading_room import Absence

Ints = NDArray[np.int64]
ARRIVAL, WORKLIST, PERFECT, RANDOM, UNATTENDED = (
    "arrival", "worklist", "perfect", "random", "nobody",
)  # fmt: skip
# The perfect order reads every film with the finding first. The last one is no order: it is the
# part of the wait that none can shorten.
ORDERS: Mapping[str, str] = {
    ARRIVAL: "first come, first served",
    WORKLIST: "the worklist",
    PERFECT: "perfect order",
    RANDOM: "random order",
    UNATTENDED: "until a radiologist is there",
}


def reading_waits(absence: Absence, ranks: Ints) -> Floats:
    """Hours from the taking of each film to the begin of its reading.

    Whenever a radiologist is free, the film with the lowest rank on the list is read.

    Args:
        absence: n films.
        ranks: (n,) each number from 0 to n - 1 once.

    Returns:
        (n,) float64, in the order of the arrivals.

    Example:
        >>> come = np.array([0.0, 1.0, 2.0])
        >>> absence = Absence(come, starts=np.array([3.0, 4.0, 5.0]), earliest=come)
        >>> reading_waits(absence, np.array([2, 0, 1]))
        array([5., 2., 2.])
    """
    n = len(ranks)
    film_of, rank_of = np.argsort(ranks).tolist(), ranks.tolist()
    arrivals = absence.arrivals.tolist()
    waiting: list[int] = []
    waits = [0.0] * n
    n_come = 0
    for start in absence.starts.tolist():
        while n_come < n and arrivals[n_come] <= start:
            heapq.heappush(waiting, rank_of[n_come])
            n_come += 1
        film = film_of[heapq.heappop(waiting)]
        waits[film] = start - arrivals[film]
    return np.array(waits)


def waits_without_scores(absence: Absence, positive: Bools, chance: Floats) -> dict[str, Floats]:
    """Waiting hours of each film under the orders that no network is needed for.

    Args:
        absence: n films.
        positive: (n,) whether the film has the finding.
        chance: (n,) in [0, 1), for the random order.
    """
    return {
        ARRIVAL: absence.starts - absence.arrivals,
        PERFECT: reading_waits(absence, rank_films(~positive)),
        RANDOM: reading_waits(absence, rank_films(chance)),
        UNATTENDED: absence.earliest - absence.arrivals,
    }


def rank_films(keys: NDArray[np.generic]) -> Ints:
    """Place of each film when all are sorted by their keys and then by arrival."""
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[np.argsort(keys, kind="stable")] = np.arange(len(keys))
    return ranks
