"""The average film: what stands in a film where a method covers it."""

from collections.abc import Sequence

import numpy as np

from tasks.core.image_store.store import ImageStore, Pixels

_BLOCK = 1024  # films read at a time, so that memory stays limited


def average_film(store: ImageStore, image_ids: Sequence[str]) -> Pixels:
    """Mean grey level of films at each place, rounded; ties go to the even level.

    A lung covered with the mean grey level of its film looks like an opacity, because a lung is
    darker than the film on average. The average film has dark lungs where lungs are.

    Args:
        store: Finished image store.
        image_ids: Training films, at least one; no label is used.

    Returns:
        film: (H, W, 1) uint8 in [0, 255].
    """
    total = np.zeros((store.size_px, store.size_px, 1), dtype=np.int64)
    for start in range(0, len(image_ids), _BLOCK):
        total += store.read(image_ids[start : start + _BLOCK]).sum(axis=0, dtype=np.int64)
    film: Pixels = np.rint(total / len(image_ids)).astype(np.uint8)
    return film
