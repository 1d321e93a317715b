"""Calibration of probabilities by temperature scaling."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from tasks.core.statistics.arrays import Floats

LOG_TEMPERATURE_RANGE = (-3.0, 3.0)  # temperatures of 0.05 to 20; the usual fit is near 1


def fit_temperature(logits: Floats, class_index: NDArray[np.int64]) -> float:
    """Temperature T with the lowest mean negative log-likelihood of softmax(logits / T).

    A temperature above 1 means that the model was overconfident. With two classes the ranking of
    the films stays the same.

    Args:
        logits: (n, n_classes) float64, of films outside the training split.
        class_index: (n,) int64, true class of each film.

    Returns:
        T above 0.

    Example:
        >>> logits = np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
        >>> round(fit_temperature(logits, np.array([0, 0, 1, 1])), 1)
        3.6

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
    """
    row = np.arange(len(logits))

    def log_loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-scaled[row, class_index].mean())

    fit = minimize_scalar(log_loss, bounds=LOG_TEMPERATURE_RANGE, method="bounded")
    return float(np.exp(fit.x))
