"""One metric of every class, and its means over the classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core.statistics.arrays import Floats
from tasks.evaluate.call_counts import ratio
from tasks.evaluate.metric_intervals import (
    MIN_PATIENTS,
    EstimateDict,
    interval_at_limit,
    interval_of,
    mean_at_limit,
    percentile_estimate,
)


@dataclass(frozen=True)
class ClassMetric:
    """One metric of each of N classes against the rest, in the films and in each resample.

    metric: key of `METRICS`. values: (N,) float64. replicates: (R, N) float64. Both are NaN where
    undefined. n_patients: for each class the result of `patients_compared`.
    """

    metric: str
    values: Floats
    replicates: Floats
    n_patients: Sequence[Sequence[int]]

    def of_class(self, k: int) -> EstimateDict:
        """The metric of class `k` with its interval."""
        return interval_of(
            self.metric, float(self.values[k]), self.replicates[:, k], self.n_patients[k]
        )

    def mean(self, weights: Floats, resampled: Floats) -> EstimateDict:
        """Weighted mean over the classes, with its interval.

        It is undefined if the metric of a class with a weight is. At a mean of 0 or 1 the recalls
        count as independent, since no patient of one class is counted in another. The other
        metrics share patients: their ends are averaged, as if they always moved together.

        Args:
            weights: (N,) weight of each class; 0 leaves it out.
            resampled: (R, N) the weights in each resample.
        """
        value = float(_means(self.values[np.newaxis], weights[np.newaxis])[0])
        found = percentile_estimate(value, _means(self.replicates, resampled))
        if found["low"] is None:
            return found
        counted = np.flatnonzero(weights).tolist()
        if found["low"] == found["high"] and value in (0.0, 1.0):
            ends = [interval_at_limit(self.metric, value, self.n_patients[k]) for k in counted]
            shares = weights[counted] / weights.sum()
            low, high = (float(shares @ np.array(end)) for end in zip(*ends, strict=True))
            if self.metric == "sensitivity":
                low, high = mean_at_limit(value, ends, shares)
            return {"value": value, "low": min(low, value), "high": max(high, value)}
        if min(min(self.n_patients[k]) for k in counted) < MIN_PATIENTS:
            return {"value": value, "low": None, "high": None}
        return found


def _means(numbers: Floats, weights: Floats) -> Floats:
    """Weighted mean of each row; a weight of 0 leaves a number out, even if it is NaN."""
    weighted = np.where(weights > 0, numbers * weights, 0.0)
    return ratio(weighted.sum(axis=1), weights.sum(axis=1))
