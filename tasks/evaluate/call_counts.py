"""True and false calls, and the metrics that are made of them.

Every metric takes `CallCounts` and returns an array of the same shape; NaN where it is undefined.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tasks.core.statistics.arrays import Bools, Floats


@dataclass(frozen=True)
class CallCounts:
    """How many films of each side are called positive and negative, in arrays of one shape.

    tp: positive and called so. fp: negative, called positive. fn: positive, called negative.
    tn: negative and called so. Each is float64: a resample counts a film several times.
    """

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats


def count_calls(positive: Bools, called: Bools, weights: Floats) -> CallCounts:
    """Count the calls of several rules, for many sets of film weights.

    Args:
        positive: (n,) the truth.
        called: (n, K) films that each of K rules calls positive.
        weights: (R, n), one row per set of weights.

    Returns:
        CallCounts of (R, K).

    Example:
        >>> positive, called = np.array([True, True, False]), np.array([[True], [False], [True]])
        >>> counts = count_calls(positive, called, np.ones((1, 3)))
        >>> print(counts.tp, counts.fp, counts.fn, counts.tn)
        [[1.]] [[1.]] [[1.]] [[0.]]
    """
    of_positives = called & positive[:, np.newaxis]
    columns = [of_positives, called & ~of_positives, positive, ~positive]
    sums = weights @ np.column_stack(columns).astype(float)
    n_rules = called.shape[1]
    tp, fp = sums[:, :n_rules], sums[:, n_rules : 2 * n_rules]
    return CallCounts(tp=tp, fp=fp, fn=sums[:, [-2]] - tp, tn=sums[:, [-1]] - fp)


def sensitivity(counts: CallCounts) -> Floats:
    """Share of positive films that are called positive.

    Example:
        >>> two, one = np.array([2.0]), np.array([1.0])
        >>> print(sensitivity(CallCounts(tp=two, fp=one, fn=one, tn=two)).round(3))
        [0.667]
    """
    return ratio(counts.tp, counts.tp + counts.fn)


def specificity(counts: CallCounts) -> Floats:
    """Share of negative films that are called negative."""
    return ratio(counts.tn, counts.tn + counts.fp)


def accuracy(counts: CallCounts) -> Floats:
    """Share of films that are called correctly."""
    right = counts.tp + counts.tn
    return ratio(right, right + counts.fp + counts.fn)


def balanced_accuracy(counts: CallCounts) -> Floats:
    """Mean of sensitivity and specificity."""
    return (sensitivity(counts) + specificity(counts)) / 2


def ppv(counts: CallCounts) -> Floats:
    """Positive predictive value at this prevalence: share of positive calls that are correct."""
    return ratio(counts.tp, counts.tp + counts.fp)


def npv(counts: CallCounts) -> Floats:
    """Negative predictive value at this prevalence: share of negative calls that are correct."""
    return ratio(counts.tn, counts.tn + counts.fn)


def f1(counts: CallCounts) -> Floats:
    """Harmonic mean of sensitivity and positive predictive value."""
    return ratio(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn)


def mcc(counts: CallCounts) -> Floats:
    """Matthews correlation of truth and call, -1 to 1; 0 is what chance gives.

    It is undefined if all films are of one side, or all calls are.

    Source: Matthews, Biochimica et Biophysica Acta 405:442-451, 1975.
    """
    positives, negatives = counts.tp + counts.fn, counts.tn + counts.fp
    called, not_called = counts.tp + counts.fp, counts.tn + counts.fn
    spread = np.sqrt(positives * negatives * called * not_called)
    return ratio(counts.tp * counts.tn - counts.fp * counts.fn, spread)


CallMetric = Callable[[CallCounts], Floats]
CALL_METRICS: dict[str, CallMetric] = {
    "sensitivity": sensitivity,
    "specificity": specificity,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "ppv": ppv,
    "npv": npv,
    "f1": f1,
    "mcc": mcc,
}


def ratio(top: Floats, bottom: Floats) -> Floats:
    """Divide; NaN where `bottom` is 0."""
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
