"""Feature maps of the convolutions: one forward pass, and what is worth showing of it."""

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.truncated import Truncated

Maps = NDArray[np.float32]


def record_activations(truncated: Truncated, images: Pixels) -> list[Maps]:
    """Feature maps of all convolutions for some films, without dropout or augmentation.

    Args:
        truncated: From `tasks.explain.truncated.truncate`.
        images: (N, H, W, 1) uint8 in [0, 255].

    Returns:
        One array per name in `truncated.layers`: maps (N, h, w, n_channels) float32.
    """
    maps = truncated.network(images, training=False)[: len(truncated.layers)]
    return [np.asarray(depth, dtype=np.float32) for depth in maps]


def most_active(maps: Maps, n_channels: int) -> list[int]:
    """Numbers of the channels with the highest mean, highest first, ties by number.

    Args:
        maps: (h, w, n) float32, of one film.
        n_channels: How many; all where there are fewer.
    """
    means = maps.mean(axis=(0, 1), dtype=np.float64)
    return [int(channel) for channel in np.argsort(-means, kind="stable")[:n_channels]]


def share_dead(maps: Maps) -> float:
    """Share, in [0, 1], of channels that are zero everywhere in one film: maps (h, w, n)."""
    return float(np.mean(~maps.any(axis=(0, 1))))


def spread(n_layers: int, n_shown: int) -> list[int]:
    """Positions of at most `n_shown` layers, evenly spread from the first to the last."""
    if n_layers <= n_shown:
        return list(range(n_layers))
    return [int(position) for position in np.linspace(0, n_layers - 1, n_shown).round()]
