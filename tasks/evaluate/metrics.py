"""Metrics of a two-sided decision (finding or no finding), each for many sets of film weights.

Every function takes `weights: (R, n) float64`, one row per set of weights of the n films. It
returns `(R,) float64`; NaN where the metric is undefined. A row of ones gives the plain metric, a
row of bootstrap counts gives one resample.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.auroc import weighted_auroc, weights_by_score

_N_BINS = 10  # the usual number


@dataclass(frozen=True)
class Scored:
    """Films with their truth and the output of a model.

    positive: (n,) bool, the truth. called: (n,) bool, positive at the operating point.
    prob: (n,) float64 in [0, 1], probability of a finding.
    """

    positive: Bools
    called: Bools
    prob: Floats


Metric = Callable[[Scored, Floats], Floats]


def average_precision(scored: Scored, weights: Floats) -> Floats:
    """Mean precision over the positive films, from the highest probability down.

    Source: Zhu, "Recall, Precision and Average Precision", University of Waterloo, 2004.
    """
    of_positives, of_negatives = weights_by_score(scored.prob, scored.positive, weights)
    hits = np.cumsum(of_positives[:, ::-1], axis=1)
    calls = hits + np.cumsum(of_negatives[:, ::-1], axis=1)
    precision = np.divide(hits, calls, out=np.zeros_like(hits), where=calls > 0)
    total = of_positives.sum(axis=1)
    return _ratio((precision * of_positives[:, ::-1]).sum(axis=1), total)


def sensitivity(scored: Scored, weights: Floats) -> Floats:
    """Share of positive films that are called positive.

    Example:
        >>> called = np.array([True, True, False, True])
        >>> scored = Scored(np.array([True, True, True, False]), called, called.astype(float))
        >>> print(sensitivity(scored, np.ones((1, 4))).round(3))
        [0.667]
    """
    return _share(scored.called, scored.positive, weights)


def specificity(scored: Scored, weights: Floats) -> Floats:
    """Share of negative films that are called negative."""
    return _share(~scored.called, ~scored.positive, weights)


def accuracy(scored: Scored, weights: Floats) -> Floats:
    """Share of films that are called correctly."""
    everything = np.ones_like(scored.positive)
    return _share(scored.called == scored.positive, everything, weights)


def balanced_accuracy(scored: Scored, weights: Floats) -> Floats:
    """Mean of sensitivity and specificity."""
    return (sensitivity(scored, weights) + specificity(scored, weights)) / 2


def ppv(scored: Scored, weights: Floats) -> Floats:
    """Positive predictive value at this prevalence: share of positive calls that are correct."""
    return _share(scored.positive, scored.called, weights)


def npv(scored: Scored, weights: Floats) -> Floats:
    """Negative predictive value at this prevalence: share of negative calls that are correct."""
    return _share(~scored.positive, ~scored.called, weights)


def f1(scored: Scored, weights: Floats) -> Floats:
    """Harmonic mean of sensitivity and positive predictive value."""
    right = weights @ (scored.called & scored.positive)
    either = weights @ scored.called.astype(float) + weights @ scored.positive.astype(float)
    return _ratio(2 * right, either)


def brier(scored: Scored, weights: Floats) -> Floats:
    """Mean squared difference of probability and truth (0 or 1); 0 is best.

    Source: Brier, Monthly Weather Review 78(1), 1950.
    """
    return _ratio(weights @ (scored.prob - scored.positive) ** 2, weights.sum(axis=1))


def calibration_error(scored: Scored, weights: Floats) -> Floats:
    """Expected calibration error: mean gap of probability and frequency over 10 bins.

    The bins hold equal numbers of films, by rank of probability; tied films share a bin.

    Source: Nixon et al., "Measuring Calibration in Deep Learning", CVPR workshops, 2019
    (adaptive bins).
    """
    rank = np.searchsorted(np.sort(scored.prob), scored.prob)  # number of films that are lower
    n_bins = min(_N_BINS, len(rank))
    member = np.equal.outer(rank * n_bins // len(rank), np.arange(n_bins)).astype(float)  # (n, 10)
    gap = (weights * (scored.prob - scored.positive)) @ member  # (R, 10)
    return _ratio(np.abs(gap).sum(axis=1), weights.sum(axis=1))


def _auroc(scored: Scored, weights: Floats) -> Floats:
    return weighted_auroc(scored.prob, scored.positive, weights)


METRICS: dict[str, Metric] = {
    "auroc": _auroc,
    "average_precision": average_precision,
    "sensitivity": sensitivity,
    "specificity": specificity,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "ppv": ppv,
    "npv": npv,
    "f1": f1,
    "brier": brier,
    "calibration_error": calibration_error,
}


def _share(hits: Bools, among: Bools, weights: Floats) -> Floats:
    return _ratio(weights @ (hits & among).astype(float), weights @ among.astype(float))


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
