"""Where on a film the heat lies: in which lung, and how much of it in the lungs."""

import numpy as np
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Bools, Floats
from tasks.explain.grading.map_scale import scale_maps

_HEIGHTS = ("upper", "middle", "lower")


def lung_share(heat: NDArray[np.floating], lungs: Bools) -> float | None:
    """Share of the heat for the class that lies in the lung fields; heat against it is left out.

    Args:
        heat: (h, w) float, positive where the film speaks for the class.
        lungs: (s, s) bool.

    Returns:
        In [0, 1]. Heat without a preference has the share of the film that the lungs fill. None
        if the lungs are unknown (no pixel is True) or nothing speaks for the class.

    Example:
        >>> lung_share(np.array([[3.0, 1.0], [-5.0, 0.0]]), np.array([[True, False], [True, True]]))
        0.75
    """
    positive = np.maximum(_scaled(heat, lungs), 0.0)
    total = float(positive.sum())
    if total <= 0 or not lungs.any():
        return None
    return float(positive[lungs].sum()) / total


def hottest_place(heat: NDArray[np.floating], lungs: Bools) -> str | None:
    """Name of the place of the highest heat, for readers who do not see the map.

    The sides are those of the patient, whose right lung is on the left of the film. The heights
    are thirds of the lung fields. If several pixels are hottest, their middle counts.

    Args:
        heat: (h, w) float, positive where the film speaks for the class.
        lungs: (s, s) bool.

    Returns:
        For example "upper left lung" or "outside the lungs"; None if the lungs are unknown (no
        pixel is True) or nothing speaks for the class.

    Example:
        >>> lungs = np.ones((3, 3), dtype=bool)
        >>> hottest_place(np.diag([1.0, 0.0, 3.0]), lungs)
        'lower left lung'
    """
    scaled = _scaled(heat, lungs)
    if scaled.max() <= 0 or not lungs.any():
        return None
    hottest = np.argwhere(scaled == scaled.max())
    middle = hottest[np.square(hottest - hottest.mean(axis=0)).sum(axis=1).argmin()]
    if not lungs[tuple(middle)]:
        return "outside the lungs"
    inside = np.argwhere(lungs)
    (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0) + 1
    height = _HEIGHTS[int(3 * (middle[0] - top) / (bottom - top))]
    side = "right" if middle[1] + 0.5 < (left + right) / 2 else "left"
    return f"{height} {side} lung"


def _scaled(heat: NDArray[np.floating], lungs: Bools) -> Floats:
    return scale_maps(heat[np.newaxis].astype(np.float64), len(lungs))[0]
