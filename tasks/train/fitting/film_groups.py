"""Groups of training films: the films of one class that were acquired alike."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.errors import TrainingError


@dataclass(frozen=True)
class FilmGroups:
    """Group of each training film.

    names: class and acquisition cluster of each group, such as `NORMAL_0`.
    of_film: (n,) int32, position in `names`.
    n_films: (n_groups,) int64, films of each group.
    shares: (n_groups,) float32, share of an epoch: sum of weights of its films over all films.
    """

    names: tuple[str, ...]
    of_film: NDArray[np.int32]
    n_films: NDArray[np.int64]
    shares: NDArray[np.float32]


def groups_of_films(train: pd.DataFrame) -> FilmGroups:
    """Form a group of each class and acquisition cluster.

    Args:
        train: Training films: `label`, `acquisition`, `sample_weight`, `n_repeats`.

    Raises:
        TrainingError: A film has no acquisition cluster.
    """
    clusters = train.reindex(columns=["acquisition"])["acquisition"]
    if clusters.isna().any():
        raise TrainingError(
            "group DRO needs the acquisition cluster of each training film",
            found=f"{clusters.isna().sum()} of {len(train)} training films without one",
            where="data/acquisition.parquet, which stage resample writes",
            next_step="set resample.acquisition_clusters, for example to 4, and run `dvc repro`",
        )
    names = train["label"] + "_" + clusters.astype(int).astype(str)
    numbers, found = pd.factorize(names, sort=True)
    repeats = train["n_repeats"].to_numpy(np.float64)
    weights = train["sample_weight"].to_numpy(np.float64) * repeats
    shares = np.bincount(numbers, weights) / repeats.sum()
    return FilmGroups(
        tuple(found), numbers.astype(np.int32), np.bincount(numbers), shares.astype(np.float32)
    )
