"""Points of the plots, from probabilities and truths; NumPy only, nothing is drawn here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054  # 0.975 quantile of the standard normal distribution

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class CalibrationBin:
    """Films of similar probability.

    mean_prob: mean stated probability. share: share that has a finding; low, high: 95 % Wilson
    interval of it, films taken as independent. n_films: films in the bin.
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
        positive: (n,) bool, whether the film has one.

    Returns:
        false_alarms: (k,) 1 - specificity, rising.
        sensitivity: (k,) rising.

    Source:
        Fawcett, Pattern Recognit Lett 2006;27:861, algorithm 1: tied scores make one point.
    """
    order = np.argsort(-prob, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(prob[order]) != 0, True))  # last film of each tie
    hits = np.cumsum(positive[order])[ends]
    alarms = ends + 1 - hits
    start = np.zeros(1)
    return (
        np.append(start, alarms / max(int((~positive).sum()), 1)),
        np.append(start, hits / max(int(positive.sum()), 1)),
    )


def calibration_bins(prob: Floats, positive: Bools, n_bins: int) -> list[CalibrationBin]:
    """Bins of equal numbers of films, from the least to the most probable.

    Args:
        prob: (n,) float64 in [0, 1], probability of a finding.
        positive: (n,) bool, whether the film has one.
        n_bins: Number of bins; fewer when there are fewer films.
    """
    order = np.argsort(prob, kind="stable")
    bins = []
    for rows in np.array_split(order, min(n_bins, len(order))):
        low, high = wilson_interval(int(positive[rows].sum()), len(rows))
        mean_prob = float(prob[rows].mean())
        bins.append(CalibrationBin(mean_prob, float(positive[rows].mean()), low, high, len(rows)))
    return bins


def wilson_interval(n_hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share.

    Args:
        n_hits: Successes, 0 to n.
        n: Trials, at least 1.

    Source:
        Wilson, J Am Stat Assoc 1927;22:209.
    """
    share = n_hits / n
    centre = share + Z_95**2 / (2 * n)
    half = Z_95 * np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    scale = 1 + Z_95**2 / n
    return max(0.0, float((centre - half) / scale)), min(1.0, float((centre + half) / scale))
