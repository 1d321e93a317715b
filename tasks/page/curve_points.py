"""Points of the ROC and calibration curves."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_curve

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.intervals import wilson_interval


@dataclass(frozen=True)
class CalibrationBin:
    """Films of similar probability.

    mean_prob: mean predicted probability. share: share of films with a finding.
    low, high: 95 % Wilson interval of the share; films count as independent.
    n_films: number of films.
    """

    mean_prob: float
    share: float
    low: float
    high: float
    n_films: int


def roc_points(prob: Floats, positive: Bools) -> tuple[Floats, Floats]:
    """Points of the ROC curve from (0, 0) to (1, 1), one per distinct probability.

    Args:
        prob: (n,) float64 in [0, 1], probability of a finding.
        positive: (n,) bool, true where the film has a finding; both values occur.

    Returns:
        false_alarm_rate: (k,) 1 - specificity, rising.
        sensitivity: (k,) rising.
    """
    false_alarm_rate, sensitivity, _ = roc_curve(positive, prob, drop_intermediate=False)
    return false_alarm_rate, sensitivity


def calibration_bins(prob: Floats, positive: Bools, n_bins: int) -> list[CalibrationBin]:
    """Bins with equal numbers of films, from the lowest to the highest probability.

    The `calibration_curve` of scikit-learn gives neither the number of films nor an interval,
    and it puts all films of equal probability into one bin.

    Args:
        prob: (n,) float64 in [0, 1], probability of a finding.
        positive: (n,) bool, true where the film has a finding.
        n_bins: Number of bins; fewer if there are fewer films.
    """
    order = np.argsort(prob, kind="stable")
    bins = []
    for rows in np.array_split(order, min(n_bins, len(order))):
        share = wilson_interval(int(positive[rows].sum()), len(rows))
        mean_prob = float(prob[rows].mean())
        bins.append(CalibrationBin(mean_prob, share.value, share.low, share.high, len(rows)))
    return bins
