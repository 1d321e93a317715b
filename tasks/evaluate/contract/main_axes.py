"""The directions in which the training films differ most, and the distance of a film from them."""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from tasks.core.statistics.arrays import Floats

_MAX_AXES = 32  # 16 found fewer films that are upside down, 64 found fewer adults
_TINY = 1e-12  # variance or squared distance that counts as zero


@dataclass(frozen=True)
class MainAxes:
    """The directions in which the training films differ most.

    mean: (d,) float64. axes: (k, d) float64, each of length 1. variances: (k,) float64 along them.
    """

    mean: Floats
    axes: Floats
    variances: Floats

    def distance(self, points: Floats) -> Floats:
        """Logarithm of the squared Mahalanobis distance along the axes: (n, d) -> (n,)."""
        along = (points - self.mean) @ self.axes.T
        return np.log((along**2 / self.variances).sum(axis=1) + _TINY)

    def residue(self, points: Floats) -> Floats:
        """Logarithm of the squared length beside the axes: (n, d) -> (n,)."""
        centred = points - self.mean
        beside = (centred**2).sum(axis=1) - ((centred @ self.axes.T) ** 2).sum(axis=1)
        return np.log(np.maximum(beside, 0.0) + _TINY)


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
    varies = found.explained_variance_ > max(_TINY, _TINY * found.explained_variance_[0])
    return MainAxes(found.mean_, found.components_[varies], found.explained_variance_[varies])
