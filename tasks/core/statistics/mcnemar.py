"""Exact McNemar test of paired answers, right or wrong, with several films of one patient."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Bools, Floats


def mcnemar_p(right: Bools, other_right: Bools, groups: pd.Series) -> float:
    """P value of "the two models are right equally often", exact and by patient.

    For each patient, the films on which only the first model is right count +1, those on which
    only the second is right count -1. If the models are alike, the sum of a patient has either sign
    with a chance of one half. The p value is the chance of a total as far from 0 as the found
    one, over all signs. With one film per patient it is the exact McNemar test.

    Args:
        right: (n,) whether the first model is right about each film.
        other_right: (n,) the same for the second model.
        groups: (n,) patient (group) of each film.

    Returns:
        In (0, 1]; 1 where the models never differ.

    Example:
        >>> first, second = np.array([True] * 7 + [False]), np.array([False] * 7 + [True])
        >>> round(mcnemar_p(first, second, pd.Series(range(8))), 4)
        0.0703

    Source:
        McNemar, Psychometrika 12:153-157, 1947; exact form in Fagerland, Lydersen and Laake, BMC
        Medical Research Methodology 13:91, 2013. By patient: the sign test of Fisher, "The Design
        of Experiments", 1935, section 21, on the sums of the patients.
    """
    patients = pd.factorize(groups, sort=True)[0]
    change = right.astype(np.int64) - other_right.astype(np.int64)
    sums = np.bincount(patients, change).astype(np.int64)
    chances = _chances_of_total(np.abs(sums[sums != 0]))
    totals = np.arange(len(chances)) - len(chances) // 2
    return min(float(chances[np.abs(totals) >= abs(int(sums.sum()))].sum()), 1.0)


def _chances_of_total(sizes: NDArray[np.int64]) -> Floats:
    """Chance of each total of numbers with random signs: (2 * sum + 1,), lowest total first."""
    chances: Floats = np.ones(1)
    for size in sizes:
        one: Floats = np.zeros(2 * size + 1)
        one[[0, -1]] = 0.5
        chances = np.convolve(chances, one)
    return chances
