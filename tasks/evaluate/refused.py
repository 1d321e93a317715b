"""Films that the guard of a saved network refuses: their probabilities are NaN."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tasks.core.image_store.store import Pixels

if TYPE_CHECKING:
    import keras

_BATCH_SIZE = 64


def count_refused(
    model: "keras.Model", images: Pixels, splits: Sequence[str], titles: Mapping[str, str]
) -> dict[str, int]:
    """Count the refused films of each split. The metrics use the logits, which no guard changes.

    Args:
        model: From `load_classifier`.
        images: (n, H, W, 1) uint8.
        splits: Split of each film.
        titles: Name of each split in the result.
    """
    probabilities = model.predict(images, batch_size=_BATCH_SIZE, verbose=0)
    refused = np.isnan(probabilities).any(axis=1)
    return {
        title: int(np.count_nonzero(refused & (np.asarray(splits) == split)))
        for split, title in titles.items()
    }
