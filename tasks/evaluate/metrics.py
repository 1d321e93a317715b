"""Metrics of a two-sided call (finding or no finding), each for many weightings at once.

Every function takes `weights: (R, n) float64`, one row per weighting of the n films, and gives
`(R,) float64`, NaN where the metric is undefined. A row of ones is the plain metric; a row of
bootstrap counts is one resample. So a metric and its interval come from the same lines.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.statistics.auroc import weighted_auroc, weights_by_score

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Scored:
    """Films with the truth and what a model said of them.

    positive: (n,) bool, the truth. called: (n,) bool, at the operating point.
    prob: (n,) float64 in [0, 1], of the positive side.
    """

    positive: Bools
    called: Bools
    prob: Floats


def auroc(scored: Scored, weights: Floats) -> Floats:
    """Area under the ROC curve: how often a positive film outranks a negative one; ties count half.

    Source: Hanley and McNeil, Radiology 143(1), 1982.
    """
    return weighted_auroc(scored.prob, scored.positive, weights)


def average_precision(scored: Scored, weights: Floats) -> Floats:
    """Mean precision over the positive films, from the highest score down.

    Source: Zhu, "Recall, Precision and Average Precision", University of Waterloo, 2004.
    """
    of_positives, of_negatives = weights_by_score(scored.prob, scored.positive, weights)
    found = np.cumsum(of_positives[:, ::-1], axis=1)
    alarms = found + np.cumsum(of_negatives[:, ::-1], axis=1)
    precision = np.divide(found, alarms, out=np.zeros_like(found), where=alarms > 0)
    total = of_positives.sum(axis=1)
    return _ratio((precision * of_positives[:, ::-1]).sum(axis=1), total)


def sensitivity(scored: Scored, weights: Floats) -> Floats:
    """Share of positive films that are called positive."""
    return _share(scored.called, scored.positive, weights)


def specificity(scored: Scored, weights: Floats) -> Floats:
    """Share of negative films that are called negative."""
    return _share(~scored.called, ~scored.positive, weights)


def accuracy(scored: Scored, weights: Floats) -> Floats:
    """Share of films called rightly."""
    everything = np.ones_like(scored.positive)
    return _share(scored.called == scored.positive, everything, weights)


def balanced_accuracy(scored: Scored, weights: Floats) -> Floats:
    """Mean of sensitivity and specificity."""
    return (sensitivity(scored, weights) + specificity(scored, weights)) / 2


def ppv(scored: Scored, weights: Floats) -> Floats:
    """Positive predictive value: share of positive calls that are right, at this prevalence."""
    return _share(scored.positive, scored.called, weights)


def npv(scored: Scored, weights: Floats) -> Floats:
    """Negative predictive value: share of negative calls that are right, at this prevalence."""
    return _share(~scored.positive, ~scored.called, weights)


def f1(scored: Scored, weights: Floats) -> Floats:
    """Harmonic mean of sensitivity and positive predictive value."""
    right = weights @ (scored.called & scored.positive)
    either = weights @ scored.called.astype(float) + weights @ scored.positive.astype(float)
    return _ratio(2 * right, either)


def brier(scored: Scored, weights: Floats) -> Floats:
    """Mean squared distance of the probability from the truth (0 or 1); 0 is best.

    Source: Brier, Monthly Weather Review 78(1), 1950.
    """
    return _ratio(weights @ (scored.prob - scored.positive) ** 2, weights.sum(axis=1))


N_BINS = 10  # as usual; of equal count, so that none is empty but for ties


def calibration_error(scored: Scored, weights: Floats) -> Floats:
    """Expected calibration error: mean gap between probability and frequency over 10 bins.

    The bins hold equal numbers of films, by rank of probability; films that tie share a bin.

    Source: Nixon et al., "Measuring Calibration in Deep Learning", CVPR workshops, 2019
    (adaptive bins).
    """
    rank = np.searchsorted(np.sort(scored.prob), scored.prob)  # films with less
    n_bins = min(N_BINS, len(rank))
    member = np.equal.outer(rank * n_bins // len(rank), np.arange(n_bins)).astype(float)  # (n, 10)
    gap = (weights * (scored.prob - scored.positive)) @ member  # (R, 10)
    return _ratio(np.abs(gap).sum(axis=1), weights.sum(axis=1))


RANKING = {"auroc": auroc, "average_precision": average_precision}
CALLING = {
    "sensitivity": sensitivity,
    "specificity": specificity,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "ppv": ppv,
    "npv": npv,
    "f1": f1,
}
PROBABILITY = {"brier": brier, "calibration_error": calibration_error}
METRICS = RANKING | CALLING | PROBABILITY


def _share(hits: Bools, among: Bools, weights: Floats) -> Floats:
    return _ratio(weights @ (hits & among).astype(float), weights @ among.astype(float))


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
