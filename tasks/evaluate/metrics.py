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
from tasks.evaluate.call_counts import CALL_METRICS, CallMetric, count_calls, ratio

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
    of_positives, of_negatives = of_positives[:, ::-1], of_negatives[:, ::-1]
    hits = np.cumsum(of_positives, axis=1)
    calls = np.cumsum(of_negatives, axis=1)
    calls += hits
    precision = np.divide(hits, calls, out=np.zeros_like(hits), where=calls > 0)
    return ratio(np.einsum("ij,ij->i", precision, of_positives), of_positives.sum(axis=1))


def log_loss(scored: Scored, weights: Floats) -> Floats:
    """Mean negative logarithm of the probability of the true side; 0 is best, without upper limit.

    A probability of 0 counts as 2.2e-16, as in scikit-learn.

    Source: Good, "Rational Decisions", J. R. Stat. Soc. B 14(1):107-114, 1952.
    """
    of_truth = np.where(scored.positive, scored.prob, 1 - scored.prob)
    loss = -np.log(np.clip(of_truth, np.finfo(np.float64).eps, 1.0))
    return ratio(weights @ loss, weights.sum(axis=1))


def brier(scored: Scored, weights: Floats) -> Floats:
    """Mean squared difference of probability and truth (0 or 1); 0 is best.

    Source: Brier, Monthly Weather Review 78(1), 1950.
    """
    return ratio(weights @ (scored.prob - scored.positive) ** 2, weights.sum(axis=1))


def calibration_error(scored: Scored, weights: Floats) -> Floats:
    """Expected calibration error: mean gap of probability and frequency over 10 bins.

    The bins hold equal numbers of films, by rank of probability; tied films share a bin.

    Source: Nixon et al., "Measuring Calibration in Deep Learning", CVPR workshops, 2019
    (adaptive bins).
    """
    rank = np.searchsorted(np.sort(scored.prob), scored.prob)  # number of films that are lower
    n_bins = min(_N_BINS, len(rank))
    member = np.equal.outer(rank * n_bins // len(rank), np.arange(n_bins)).astype(float)  # (n, 10)
    gap = weights @ ((scored.prob - scored.positive)[:, np.newaxis] * member)  # (R, 10)
    return ratio(np.abs(gap).sum(axis=1), weights.sum(axis=1))


def _auroc(scored: Scored, weights: Floats) -> Floats:
    return weighted_auroc(scored.prob, scored.positive, weights)


def _of_calls(metric: CallMetric) -> Metric:
    def of_films(scored: Scored, weights: Floats) -> Floats:
        counts = count_calls(scored.positive, scored.called[:, np.newaxis], weights)
        return metric(counts)[:, 0]

    return of_films


METRICS: dict[str, Metric] = {
    "auroc": _auroc,
    "average_precision": average_precision,
    **{name: _of_calls(metric) for name, metric in CALL_METRICS.items()},
    "log_loss": log_loss,
    "brier": brier,
    "calibration_error": calibration_error,
}
