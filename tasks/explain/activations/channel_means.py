"""Mean activation of every channel on many films, with bounded memory."""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.truncated import TruncatedNetwork

MAX_BATCH = 64  # films
_BATCH_BYTES = 2**28  # of the maps of one batch


def record_channel_means(truncated: TruncatedNetwork, images: Pixels) -> list[NDArray[np.float32]]:
    """Mean activation over the map, for each channel of each convolution and each film.

    Args:
        truncated: From `tasks.explain.truncated.truncate`, with at least one convolution.
        images: (N, H, W, 1) uint8 in [0, 255].

    Returns:
        One array per name in `truncated.layers`: (N, n_channels) float32.
    """
    maps = truncated.network.outputs[: len(truncated.layers)]
    means = [layers.GlobalAveragePooling2D(dtype="float32")(tensor) for tensor in maps]
    network = keras.Model(truncated.network.input, layers.Concatenate(dtype="float32")(means))
    batch = _films_per_batch(sum(4 * int(np.prod(tensor.shape[1:])) for tensor in maps))
    together = np.asarray(network.predict(images, batch_size=batch, verbose=0), dtype=np.float32)
    ends = np.cumsum([tensor.shape[-1] for tensor in maps])[:-1]
    return np.split(together, ends, axis=1)


def _films_per_batch(n_bytes: int) -> int:
    """Films in one batch, when the maps of one film take `n_bytes`."""
    return min(max(_BATCH_BYTES // n_bytes, 1), MAX_BATCH)
