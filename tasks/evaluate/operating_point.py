"""The operating point: the probability from which on a film is called positive."""

import numpy as np

from tasks.core import paths
from tasks.core.errors import EvaluationError
from tasks.core.statistics.arrays import Bools, Floats


def choose_threshold(prob_positive: Floats, positive: Bools, target_sensitivity: float) -> float:
    """Highest threshold that reaches the target sensitivity.

    A film is called positive when its probability is at least the threshold.

    Args:
        prob_positive: (n,) float64 in [0, 1], of validation films.
        positive: (n,) bool, the truth.
        target_sensitivity: Share of positive films to find, in (0, 1).

    Raises:
        EvaluationError: No film is positive.

    Example:
        >>> prob = np.array([0.9, 0.7, 0.6, 0.2])
        >>> choose_threshold(prob, np.array([True, True, False, True]), target_sensitivity=0.6)
        0.7
    """
    of_positives = np.sort(prob_positive[positive])[::-1]
    if len(of_positives) == 0:
        raise EvaluationError(
            "the validation split must have positive films: they decide the operating point",
            found="none",
            where=f"{paths.SAMPLES}, split val",
            next_step="raise resample.val_share or add patients of a positive class",
        )
    reached = np.arange(1, len(of_positives) + 1) / len(of_positives)  # sensitivity at each
    return float(of_positives[np.searchsorted(reached, target_sensitivity)])
