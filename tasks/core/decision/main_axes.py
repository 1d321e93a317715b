"""The directions in which the training films differ most, and the distance of a film from them."""

from dataclasses import dataclass

import numpy as np

from tasks.core.statistics.arrays import Floats

TINY = 1e-12  # variance or squared distance that counts as zero


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
        distance: Floats = np.log((along**2 / self.variances).sum(axis=1) + TINY)
        return distance

    def residue(self, points: Floats) -> Floats:
        """Logarithm of the squared length beside the axes: (n, d) -> (n,)."""
        centred = points - self.mean
        beside = (centred**2).sum(axis=1) - ((centred @ self.axes.T) ** 2).sum(axis=1)
        residue: Floats = np.log(np.maximum(beside, 0.0) + TINY)
        return residue
