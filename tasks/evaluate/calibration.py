"""From logits to probabilities that mean what they say: temperature scaling."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

Floats = NDArray[np.float64]

LOG_TEMPERATURE_RANGE = (-3.0, 3.0)  # temperatures of 0.05 to 20; the fit lies near 1


def fit_temperature(logits: Floats, class_index: NDArray[np.int64]) -> float:
    """Temperature that makes a model's probabilities least surprised by the true classes.

    Args:
        logits: (n, n_classes) float64, of films that were not trained on.
        class_index: (n,) int64, true class of each.

    Returns:
        T > 0: softmax(logits / T) has the least mean negative log-likelihood. Above 1 the model
        was too sure of itself. The ranking of films by a two-class model does not change.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
    """
    row = np.arange(len(logits))

    def surprise(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-scaled[row, class_index].mean())

    fit = minimize_scalar(surprise, bounds=LOG_TEMPERATURE_RANGE, method="bounded")
    return float(np.exp(fit.x))
