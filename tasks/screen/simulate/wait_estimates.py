"""Numbers of a simulated clinic with their 95 % intervals."""

import numpy as np

from tasks.core.statistics.arrays import Floats
from tasks.screen.simulate.reading_order import ARRIVAL, ORDERS
from tasks.screen.simulate.uncertainty import Outcome
from tasks.screen.simulate.waits import FILM_KINDS, WAIT_METRICS

TAILS = (2.5, 97.5)  # percent: ends of a 95 % interval
MAX_UNDEFINED = 0.05  # share of resamples without a value; with more there is no interval
WaitEstimate = dict[str, float | None]  # value, low, high


def wait_of(outcome: Outcome, order: str, kind: str, metric: str) -> WaitEstimate:
    """One number with its interval; see `resampled_interval`."""
    place = _place(order, kind, metric)
    return resampled_interval(outcome.values[place], outcome.resampled[(slice(None), *place)])


def wait_change(outcome: Outcome, order: str, kind: str, metric: str) -> WaitEstimate:
    """One number less that of first come, first served, with its interval."""
    place, base = _place(order, kind, metric), _place(ARRIVAL, kind, metric)
    resampled = outcome.resampled
    return resampled_interval(
        outcome.values[place] - outcome.values[base],
        resampled[(slice(None), *place)] - resampled[(slice(None), *base)],
    )


def _place(order: str, kind: str, metric: str) -> tuple[int, int, int]:
    return list(ORDERS).index(order), list(FILM_KINDS).index(kind), WAIT_METRICS.index(metric)


def resampled_interval(value: float, resampled: Floats) -> WaitEstimate:
    """A value with its 95 % percentile interval; None where it is not defined.

    Args:
        value: May be NaN.
        resampled: (n_resamples,), with NaN where a resample has no such film.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    if not np.isfinite(value):
        return {"value": None, "low": None, "high": None}
    known = resampled[np.isfinite(resampled)]
    if len(known) < (1 - MAX_UNDEFINED) * len(resampled):
        return {"value": float(value), "low": None, "high": None}
    low, high = np.percentile(known, TAILS)
    return {"value": float(value), "low": float(low), "high": float(high)}
