"""Feature maps of the convolutions, and the filters of the first layer."""

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.truncated import TruncatedNetwork

Maps = NDArray[np.float32]


def record_feature_maps(truncated: TruncatedNetwork, images: Pixels) -> list[Maps]:
    """Feature maps of all convolutions, without dropout or augmentation.

    Args:
        truncated: From `tasks.explain.truncated.truncate`.
        images: (N, H, W, 1) uint8 in [0, 255].

    Returns:
        One array per name in `truncated.layers`: (N, h, w, n_channels) float32.
    """
    maps = truncated.network(images, training=False)[: len(truncated.layers)]
    return [np.asarray(keras.ops.convert_to_numpy(layer), dtype=np.float32) for layer in maps]


def most_active(maps: Maps, n_channels: int) -> list[int]:
    """Channels with the highest mean, highest first. Equal channels are sorted by number.

    Args:
        maps: (h, w, n) float32, feature maps of one film.
        n_channels: Number of channels to return. All are returned if there are fewer.

    Example:
        >>> import numpy as np
        >>> most_active(np.array([[[0.5, 2.0, 1.0]]], dtype=np.float32), 2)
        [1, 2]
    """
    means = maps.mean(axis=(0, 1), dtype=np.float64)
    return [int(channel) for channel in np.argsort(-means, kind="stable")[:n_channels]]


def share_of_dead_channels(maps: Maps) -> float:
    """Share of channels, in [0, 1], that are zero everywhere in one film: maps (h, w, n)."""
    return float(np.mean(~maps.any(axis=(0, 1))))


def silent_channels(maps: Maps) -> list[int]:
    """Channels that are exactly zero everywhere in one film: maps (h, w, n)."""
    return [int(channel) for channel in np.flatnonzero(~maps.any(axis=(0, 1)))]


def evenly_spaced(n_layers: int, n_shown: int) -> list[int]:
    """Positions of at most `n_shown` layers or films, evenly spaced from first to last."""
    if n_layers <= n_shown:
        return list(range(n_layers))
    return [int(position) for position in np.linspace(0, n_layers - 1, n_shown).round()]


def filter_planes(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights of each filter for a grey film.

    A network with several input channels gets the grey film in each channel. The filter then acts
    as the sum of its weights over the input channels.

    Args:
        kernel: (kh, kw, n_in, n_out) float32.

    Returns:
        planes: (n_out, kh, kw) float32.
    """
    return np.moveaxis(kernel.sum(axis=2, dtype=np.float32), -1, 0)


def strongest_planes(planes: NDArray[np.float32], n_shown: int) -> NDArray[np.float32]:
    """The planes (n, kh, kw) with the largest sum of squares, largest first."""
    power = np.square(planes, dtype=np.float64).sum(axis=(1, 2))
    return planes[np.argsort(-power, kind="stable")[:n_shown]]


def n_contrast_filters(planes: NDArray[np.float32]) -> int:
    """Number of filters whose positive and negative weights nearly cancel: planes (n, kh, kw).

    Such a filter responds to a difference between neighbouring pixels and hardly to brightness:
    the sum of its weights is less than half of the sum of their sizes. The half is our choice.
    """
    sums, sizes = planes.sum(axis=(1, 2)), np.abs(planes).sum(axis=(1, 2))
    return int((np.abs(sums) < sizes / 2).sum())
