"""Logistic curve and softmax, in NumPy: the screening of films loads no SciPy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Floats

Logits = NDArray[np.floating[Any]]  # float32 or float64; all work is done in float64


def logistic_curve(log_odds: Floats) -> Floats:
    """Probabilities of log-odds: 1 / (1 + exp(-x)).

    Args:
        log_odds: float64 of any shape.

    Returns:
        float64 in [0, 1], of the same shape; no overflow.

    Example:
        >>> logistic_curve(np.array([0.0, -800.0, 800.0])).tolist()
        [0.5, 0.0, 1.0]
    """
    small = np.exp(-np.abs(log_odds))  # never above 1
    curve: Floats = np.where(log_odds >= 0, 1.0, small) / (1.0 + small)
    return curve


def class_softmax(logits: Logits) -> Floats:
    """Probabilities of each class by the softmax of the logits.

    Args:
        logits: (n, n_classes).

    Returns:
        (n, n_classes) float64 in [0, 1]; each row sums to 1.

    Example:
        >>> class_softmax(np.array([[0.0, 0.0], [900.0, -900.0]])).tolist()
        [[0.5, 0.5], [1.0, 0.0]]
    """
    exact = logits.astype(np.float64)
    powers = np.exp(exact - exact.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def class_log_odds(logits: Logits) -> Floats:
    """Log-odds of each class against all others, by the softmax of the logits.

    With two classes it is the difference of the two logits.

    Args:
        logits: (n, n_classes), at least 2 classes.

    Returns:
        (n, n_classes) float64.

    Example:
        >>> class_log_odds(np.array([[1.0, 3.0]]))
        array([[-2.,  2.]])
    """
    exact = logits.astype(np.float64)
    rest = [_log_sum(np.delete(exact, one, axis=1)) for one in range(exact.shape[1])]
    odds: Floats = exact - np.stack(rest, axis=1)
    return odds


def _log_sum(logits: Floats) -> Floats:
    """Logarithm of the sum of exponentials of each row, without overflow: (n, k) -> (n,)."""
    highest = logits.max(axis=1)
    total: Floats = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    return total
