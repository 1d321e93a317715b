"""Fit of the directions in which the training films differ most."""

import numpy as np
from sklearn.decomposition import PCA

from tasks.core.decision.main_axes import TINY, MainAxes
from tasks.core.statistics.arrays import Floats

_MAX_AXES = 32  # 16 found fewer films that are upside down, 64 found fewer adults


def fit_axes(points: Floats) -> MainAxes:
    """The main axes of some points.

    Args:
        points: (n, d) float64, n at least 2.

    Returns:
        At most 32 axes; directions in which the points do not differ are left out.

    Source: Pearson, Philosophical Magazine 2(11):559-572, 1901 (principal components).
    """
    n_axes = min(_MAX_AXES, len(points) - 1, points.shape[1])
    with np.errstate(invalid="ignore"):  # of constant points, PCA divides 0 by 0
        found = PCA(n_components=n_axes, random_state=0).fit(points)
    varies = found.explained_variance_ > max(TINY, TINY * found.explained_variance_[0])
    return MainAxes(found.mean_, found.components_[varies], found.explained_variance_[varies])
