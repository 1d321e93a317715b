"""The learned filters of the first layer, as one plane of weights each."""

import numpy as np
from numpy.typing import NDArray


def filter_planes(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights of each filter as it meets a grey film.

    A network with several input channels gets the grey film in each of them, so its filter acts
    as the sum over its input channels.

    Args:
        kernel: (kh, kw, n_in, n_out) float32.

    Returns:
        planes: (n_out, kh, kw) float32.
    """
    return np.moveaxis(kernel.sum(axis=2, dtype=np.float32), -1, 0)


def strongest(planes: NDArray[np.float32], n_shown: int) -> NDArray[np.float32]:
    """The planes (n, kh, kw) with the largest sum of squares, largest first, ties by number."""
    power = np.square(planes, dtype=np.float64).sum(axis=(1, 2))
    return planes[np.argsort(-power, kind="stable")[:n_shown]]
