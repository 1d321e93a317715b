"""The range of stored values that becomes black to white, for films that state no range."""

import numpy as np
from numpy.typing import NDArray

N_VALUES = 2**16
_OUTER_SHARE = 0.01  # of the film's pixels, at each end
_MARGIN = 0.5  # of the range between the shares

ValueCounts = NDArray[np.int64]
Range = tuple[float, float]


def shown_range(values: NDArray[np.float64], counts: ValueCounts) -> Range:
    """The range of a film's values, which is mapped to black and white, linearly.

    It is the lowest to the highest value of the film, as in a viewer that finds no window. An
    outlier, such as a defect of the detector or a letter burned in at the top of 16 bits, would
    leave few grey levels to the film. So the range ends at half of the middle range beyond the
    1st and the 99th percentile, and values outside it are clipped: 98 % of the pixels always
    share at least half of the grey levels. Padding does not count; the caller leaves it out.

    The range follows the content: a dark film becomes as bright as a light one, and absolute
    exposure is lost. Only films of more than 8 bits are mapped; 8-bit films keep their bytes.

    Args:
        values: (n,) what each stored value stands for, in any order.
        counts: (n,) pixels with that value.

    Returns:
        low, high: equal if the film has a single value; (0, 0) if it has no pixel.

    Example:
        >>> shown_range(np.array([0.0, 100.0, 4000.0]), np.array([5, 90, 5]))
        (0.0, 4000.0)

    Source:
        Without a window, DICOM PS3.3 C.11.2.1.2 leaves the range to the viewer. dcm4che and
        Weasis use the lowest to the highest value; 3D Slicer leaves out 0.1 % at each end
        (vtkMRMLScalarVolumeDisplayNode, CalculateAutoLevels).
    """
    order = np.argsort(values, kind="stable")
    order = order[counts[order] > 0]
    if len(order) == 0:
        return 0.0, 0.0
    ranked, shares = values[order], np.cumsum(counts[order]) / counts.sum()
    first, last = ranked[np.searchsorted(shares, (_OUTER_SHARE, 1 - _OUTER_SHARE))]
    low, high = float(ranked[0]), float(ranked[-1])
    margin = _MARGIN * float(last - first)
    if margin == 0:
        return low, high
    return max(low, float(first) - margin), min(high, float(last) + margin)


def as_shares(values: NDArray[np.float64], shown: Range) -> NDArray[np.float64]:
    """Map a range to 0 (black) to 1 (white); values outside it are clipped."""
    low, high = shown
    if low == high:
        return np.zeros_like(values)
    return np.clip((values - low) / (high - low), 0, 1)


def byte_step(counts: ValueCounts) -> int | None:
    """The step between the values of a 16-bit film that holds 8 bits; None if it holds more.

    The steps are 1 (bytes in a wider type), 257 (bytes scaled to the full range) and 256 (bytes
    in the upper half). Such a film must equal its 8-bit copy, so its range is not mapped.

    Args:
        counts: (65536,) pixels with each stored value.
    """
    used = np.flatnonzero(counts)
    if len(used) == 0 or used[-1] <= 255:
        return 1
    return next((step for step in (257, 256) if not (used % step).any()), None)
