"""The mean of a number over films, with its interval by patient."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools
from tasks.core.statistics.bootstrap import percentile_interval, resample_patients
from tasks.core.statistics.hit_shares import hits_share

JsonEstimate = dict[str, float | None]

_N_BOOTSTRAP = 1000  # ends of a 95 % interval from 25 resamples on each side
UNKNOWN: JsonEstimate = {"value": None, "low": None, "high": None}


def mean_estimate(
    values: Sequence[float | None], patients: Sequence[str], seed: int
) -> JsonEstimate:
    """Mean over the films with a value, with a 95 % interval of a bootstrap by patient.

    Args:
        values: One per film; None is left out.
        patients: Patient of each film.
        seed: Seed of the resamples.

    Returns:
        value, low, high: None without a value; the ends None with fewer than two patients.
    """
    known = [(v, patient) for v, patient in zip(values, patients, strict=True) if v is not None]
    if not known:
        return dict(UNKNOWN)
    numbers = np.array([value for value, _ in known])
    groups = pd.Series([patient for _, patient in known])
    if groups.nunique() < 2:
        return {"value": float(numbers.mean()), "low": None, "high": None}
    weights = resample_patients(groups, _N_BOOTSTRAP, seed)
    low, high = percentile_interval(weights @ numbers / weights.sum(axis=1))
    return {"value": float(numbers.mean()), "low": low, "high": high}


def share_estimate(hits: Bools, patients: Sequence[str]) -> JsonEstimate:
    """Share of hits among films, at least one, with Wilson's 95 % interval by patient."""
    found = hits_share(hits, pd.Series(list(patients)))
    return {"value": found.value, "low": found.low, "high": found.high}
