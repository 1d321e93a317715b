"""The 95 % interval of the expected calibration error (ECE).

The ECE adds up absolute gaps, so chance alone makes it positive: 200 films of a perfectly
calibrated model have an ECE of about 0.07. Resamples of the films add chance once more, and their
percentiles miss the truth: in 250 simulated studies of 200 to 800 films they held it in 0 to 96 %,
the interval below in 92 to 96 %.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Bools, Floats

N_BINS = 10  # of equal numbers of films, as in `metrics.calibration_error`
_TAIL = 0.025  # on each side of a 95 % interval
_N_HALVINGS = 30  # of the bracket of a root: its width falls by a factor of 1e9


def ece_interval(prob: Floats, occurred: Bools, resamples: Floats) -> tuple[float, float]:
    """95 % interval of the ECE, free of the part that chance adds.

    The gaps of the bins are taken `scale` times as large as found. The interval ends at the scales
    at which an ECE as large, or as small, as the one found would have a chance of 2.5 %. The errors
    of the gaps are those of the resamples. The upper end is never below the ECE found.

    Args:
        prob: (n,) float64 in [0, 1], stated probability of an event.
        occurred: (n,) bool.
        resamples: (R, n) from `resample_patients`.

    Returns:
        Two numbers from 0 up.

    Source: Carpenter, "Test inversion bootstrap confidence intervals", J. R. Stat. Soc. B
    61(1):159-172, 1999.
    """
    member = np.equal.outer(rank_bins(prob), np.arange(N_BINS)).astype(float)
    share = (prob - occurred)[:, np.newaxis] * member
    gaps = share.mean(axis=0)
    errors = resamples @ share / resamples.sum(axis=1, keepdims=True) - gaps
    found = float(np.abs(gaps).sum())
    if found == 0:
        return 0.0, float(np.quantile(np.abs(errors).sum(axis=1), 1 - _TAIL))

    def simulated(scale: float) -> Floats:
        sums: Floats = np.abs(scale * gaps + errors).sum(axis=1)
        return sums

    low = _last(lambda scale: bool(np.mean(simulated(scale) >= found) <= _TAIL))
    high = _last(lambda scale: bool(np.mean(simulated(scale) <= found) > _TAIL))
    return low * found, max(high, 1.0) * found


def rank_bins(prob: Floats) -> NDArray[np.int64]:
    """Bin of each film, by its rank among the probabilities; films with one probability share it.

    Args:
        prob: (n,) float64.

    Returns:
        (n,) int64 from 0 to 9. A bin may be empty.

    Example:
        >>> rank_bins(np.array([0.9, 0.1, 0.1, 0.5]))
        array([3, 0, 0, 2])
    """
    lower = np.searchsorted(np.sort(prob), prob)  # number of films with less
    bins: NDArray[np.int64] = lower * min(N_BINS, len(prob)) // max(1, len(prob))
    return bins


def _last(holds: Callable[[float], bool]) -> float:
    """Largest scale at which a condition holds that is lost once the scale grows; 0 if none."""
    below, above = 0.0, 1.0
    if not holds(below):
        return 0.0
    while holds(above):
        below, above = above, 2 * above
    for _ in range(_N_HALVINGS):
        middle = (below + above) / 2
        below, above = (middle, above) if holds(middle) else (below, middle)
    return below
