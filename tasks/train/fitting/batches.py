"""Batches of films, read from the image store when they are needed."""

import copy
import math
from typing import Any, Self

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.image_store.store import ImageStore, Pixels
from tasks.train.fitting.devices import n_devices

Batch = tuple[Pixels, Any, NDArray[np.float32]]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Images, one-hot labels and sample weights, batch by batch.

    `workers` threads read batches ahead; their number does not change the order. When several
    devices share each batch, films with weight 0 make its size a multiple of their number.

    Args:
        samples: Columns `image_id`, `class_index`, `sample_weight`, `n_repeats` (how often the
            film appears in each epoch, at least once); with group DRO also `group`.
        store: Pixels of the films.
        n_classes: Width of the labels.
        batch_size: Films per batch; the last batch may be smaller.
        seed: Seed of the order, which also depends on the epoch. None keeps the table's order.
        first_epoch: Epochs that an interrupted run has done.
    """

    def __init__(
        self,
        samples: pd.DataFrame,
        store: ImageStore,
        n_classes: int,
        batch_size: int,
        seed: int | None = None,
        first_epoch: int = 0,
    ) -> None:
        super().__init__()
        self._ids = list(samples["image_id"])
        self._store = store
        self._rows = store.rows(self._ids)
        self._labels = np.eye(n_classes, dtype=np.float32)[samples["class_index"]]
        self._groups = samples["group"].to_numpy(np.int32) if "group" in samples else None
        self._weights = samples["sample_weight"].to_numpy(dtype=np.float32)
        self._films = np.repeat(np.arange(len(samples)), samples["n_repeats"])
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = first_epoch
        self._order = self._draw_order()
        self._n_devices = n_devices()

    def __len__(self) -> int:
        """Batches per epoch."""
        return math.ceil(len(self._films) / self._batch_size)

    def __getitem__(self, index: int) -> Batch:
        """Batch `index` of this epoch.

        Returns:
            images (B, H, W, 1) uint8, labels (B, n_classes) float32 one-hot, weights (B,) float32.
            With group DRO, the labels are a dictionary: `labels` as above, `groups` (B,) int32.
        """
        chosen = self._chosen(index)
        filled = np.resize(chosen, len(chosen) + -len(chosen) % self._n_devices)
        images = self._store.take(self._rows[filled])[..., np.newaxis]  # (B, H, W, 1)
        weights = self._weights[filled]
        weights[len(chosen) :] = 0.0
        labels = self._labels[filled]
        if self._groups is None:
            return images, labels, weights
        return images, {"labels": labels, "groups": self._groups[filled]}, weights

    @property
    def n_films(self) -> int:
        """Films per epoch, repeats included."""
        return len(self._films)

    def image_ids(self, index: int) -> list[str]:
        """Ids of the films in batch `index` of this epoch."""
        return [self._ids[film] for film in self._chosen(index)]

    def restarted(self) -> Self:
        """Return the same films in the order of the first epoch."""
        again = copy.copy(self)
        again._epoch = 0
        again._order = again._draw_order()
        return again

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self._epoch += 1
        self._order = self._draw_order()

    def _chosen(self, index: int) -> NDArray[np.int64]:
        return self._order[index * self._batch_size :][: self._batch_size]

    def _draw_order(self) -> NDArray[np.int64]:
        if self._seed is None:
            return self._films
        return np.random.default_rng([self._seed, self._epoch]).permutation(self._films)
