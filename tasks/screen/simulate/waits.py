"""How long films wait: numbers of each order for each kind of film."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core.statistics.arrays import Bools, Floats
from tasks.screen.simulate.reading_order import ORDERS

# Kinds of films. A missed film has a finding, and the network calls none.
ALL, FINDING, NO_FINDING, MISSED, MISSED_LAST = (
    "all", "finding", "no_finding", "missed", "missed_last",
)  # fmt: skip
FILM_KINDS: Mapping[str, str] = {
    ALL: "all films",
    FINDING: "with the finding",
    NO_FINDING: "without it",
    MISSED: "with the finding, called negative",
    MISSED_LAST: "of these, in the last group (not referred)",
}
HOURS = (1, 4, 24)  # limits of `within_..`
WAIT_METRICS = ("mean", "median", "p90", *(f"within_{hours}h" for hours in HOURS))
P90 = 0.9


@dataclass(frozen=True)
class Waits:
    """Waiting hours of n films.

    by_order: (n,) float64 for each key of `ORDERS`. kinds: (n,) bool for each key of `FILM_KINDS`.
    """

    by_order: Mapping[str, Floats]
    kinds: Mapping[str, Bools]


def pool_waits(parts: Sequence[Waits]) -> Waits:
    """The films of several absences together."""
    return Waits(
        {order: np.concatenate([part.by_order[order] for part in parts]) for order in ORDERS},
        {kind: np.concatenate([part.kinds[kind] for part in parts]) for kind in FILM_KINDS},
    )


def measure_waits(waits: Waits) -> Floats:
    """Every metric of every kind of film under every order.

    Returns:
        (n_orders, n_kinds, n_metrics) float64 as in `ORDERS`, `FILM_KINDS`, `WAIT_METRICS`. Hours,
        or shares of films whose reading begins within so many hours. NaN where no film is.

    Example:
        >>> hours = np.array([1.0, 2.0, 6.0])
        >>> films = Waits(dict.fromkeys(ORDERS, hours), dict.fromkeys(FILM_KINDS, hours > 0))
        >>> measure_waits(films)[0, 0].round(2).tolist()
        [3.0, 2.0, 5.2, 0.33, 0.67, 1.0]
    """
    return np.array(
        [
            [_measures(hours[members]) for members in waits.kinds.values()]
            for hours in waits.by_order.values()
        ]
    )


def _measures(hours: Floats) -> list[float]:
    n = len(hours)
    if not n:
        return [np.nan] * len(WAIT_METRICS)
    ascending = np.sort(hours)
    median, p90 = (_quantile(ascending, share) for share in (0.5, P90))
    within = np.searchsorted(ascending, HOURS, side="right") / n
    return [hours.mean(), median, p90, *within.tolist()]


def _quantile(ascending: Floats, share: float) -> float:
    """Linear between neighbours, as `numpy.quantile` has it, which would sort again each time."""
    place = share * (len(ascending) - 1)
    below = int(place)
    above = min(below + 1, len(ascending) - 1)
    return float(ascending[below] + (place - below) * (ascending[above] - ascending[below]))
