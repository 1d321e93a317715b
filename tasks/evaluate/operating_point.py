"""Above which probability a film is called positive."""

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import EvaluationError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def choose_threshold(prob_positive: Floats, positive: Bools, target_sensitivity: float) -> float:
    """Highest threshold that still finds the wanted share of the positive films.

    A film is called positive when its probability is at least the threshold.

    Args:
        prob_positive: (n,) float64 in [0, 1], of validation films: the test chooses nothing.
        positive: (n,) bool, whether each film is truly positive.
        target_sensitivity: In (0, 1).

    Raises:
        EvaluationError: No film is positive.
    """
    of_positives = np.sort(prob_positive[positive])[::-1]
    if len(of_positives) == 0:
        raise EvaluationError(
            "the operating point is chosen on positive validation films",
            found="none",
            where="data/samples.parquet, split val",
            next_step="raise resample.val_share or add patients of a positive class",
        )
    reached = np.arange(1, len(of_positives) + 1) / len(of_positives)  # sensitivity at each
    return float(of_positives[np.searchsorted(reached, target_sensitivity)])
