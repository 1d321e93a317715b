"""P values of several tests, corrected for how many were made."""

import numpy as np

from tasks.core.statistics.arrays import Floats


def holm(p_values: Floats) -> Floats:
    """P values by which the chance of any false alarm among all tests stays below the level.

    The i-th smallest of m values (i from 0) is multiplied by m - i. A corrected value is never
    below that of a smaller p value, and never above 1. The tests may depend on each other.

    Args:
        p_values: (m,) float64 in [0, 1] without NaN, one for each test that was made.

    Returns:
        (m,) float64 in [0, 1], in the order of `p_values`.

    Example:
        >>> holm(np.array([0.01, 0.04, 0.03, 0.005]))
        array([0.03, 0.06, 0.06, 0.02])

    Source:
        Holm, Scandinavian Journal of Statistics 6:65-70, 1979. Corrected values: Wright,
        Biometrics 48:1005-1013, 1992.
    """
    n_tests = len(p_values)
    order = np.argsort(p_values, kind="stable")
    raised = np.maximum.accumulate(p_values[order] * np.arange(n_tests, 0, -1))
    corrected = np.empty(n_tests)
    corrected[order] = np.minimum(raised, 1.0)
    return corrected
