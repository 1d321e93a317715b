"""The training films whose features point in nearly the same direction as those of a film."""

from typing import TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Floats

N_NEAREST = 3
_N_DIGITS = 6  # float32 features; equal films must tie on every kind of CPU


class Neighbour(TypedDict):
    """A training film near another film. distance: cosine distance, 0 to 2."""

    image_id: str
    path: str
    label: str
    distance: float


def nearest_films(
    features: NDArray[np.float32], training: pd.DataFrame, of_training: NDArray[np.float32]
) -> list[list[Neighbour]]:
    """The nearest three training films of each film, each of another patient.

    Args:
        features: (n, n_features) float32.
        training: (m) rows with `image_id`, `path`, `label` and `group_id`, sorted by `image_id`.
        of_training: (m, n_features) float32, aligned with `training`.

    Returns:
        For each film, at most three neighbours, the nearest first; ties by `image_id`. Features
        that are all 0 have a distance of 1 to every film.
    """
    distances = np.round(1 - _directions(features) @ _directions(of_training).T, _N_DIGITS)
    films = training[["image_id", "path", "label"]].to_dict("records")
    patients = training["group_id"].to_numpy()
    found: list[list[Neighbour]] = []
    for row in distances:
        order = np.argsort(row, kind="stable")
        first = pd.Series(patients[order]).drop_duplicates().index[:N_NEAREST]
        found.append(
            [
                Neighbour(
                    image_id=films[place]["image_id"],
                    path=films[place]["path"],
                    label=films[place]["label"],
                    distance=float(row[place]),
                )
                for place in order[first]
            ]
        )
    return found


def _directions(features: NDArray[np.float32]) -> Floats:
    """Features of length 1, or of length 0 if all are 0."""
    exact = features.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    return np.divide(exact, lengths, out=np.zeros_like(exact), where=lengths > 0)
