"""Heat maps at another resolution."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tasks.core.statistics.arrays import Floats


def scale_maps(maps: Floats, side_px: int) -> Floats:
    """Scale heat maps to squares, linearly between the middles of their places.

    Args:
        maps: (N, h, w) float.
        side_px: Side of the squares, at least h and w.

    Returns:
        (N, side_px, side_px) float64.

    Example:
        >>> scale_maps(np.array([[[0.0, 4.0]]]), 4)[0, 0].tolist()
        [0.0, 1.0, 3.0, 4.0]
    """
    factors = (1, side_px / maps.shape[1], side_px / maps.shape[2])
    # float64: heat that is stored in half precision must not be rounded a second time
    return ndimage.zoom(maps.astype(np.float64), factors, order=1, mode="nearest", grid_mode=True)


def cell_numbers(side_px: int, n_cells: int) -> NDArray[np.int64]:
    """Number of the cell of each pixel: (side_px, side_px) int64, row by row.

    Args:
        side_px: Side of the film.
        n_cells: Cells along each side, at most `side_px`.
    """
    along = np.arange(side_px) * n_cells // side_px
    return along[:, np.newaxis] * n_cells + along


def cell_means(maps: Floats, n_cells: int) -> Floats:
    """Mean of each cell of square maps: (N, s, s) float -> (N, n_cells**2) float64."""
    cells = cell_numbers(maps.shape[1], n_cells).ravel()
    counts = np.bincount(cells)
    flat = maps.reshape(len(maps), -1)
    return np.stack([np.bincount(cells, weights=one) / counts for one in flat])
