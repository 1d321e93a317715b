"""The training films whose features point in nearly the same direction as those of a film."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Floats

N_NEAREST = 3
_BLOCK = 256  # films compared at a time, so that memory stays limited
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
    directions, of_others = _directions(features), _directions(of_training)
    films = training[["image_id", "path", "label"]].to_dict("records")
    patients = training["group_id"].to_numpy()
    found: list[list[Neighbour]] = []
    for start in range(0, len(features), _BLOCK):
        distances = np.round(1 - directions[start : start + _BLOCK] @ of_others.T, _N_DIGITS)
        found += [_nearest(row, films, patients) for row in distances]
    return found


def without_paths(films: Sequence[Neighbour]) -> list[dict[str, Any]]:
    """The same films without their paths, for the list of all test films."""
    return [
        {"image_id": one["image_id"], "label": one["label"], "distance": one["distance"]}
        for one in films
    ]


def _nearest(
    distances: Floats, films: Sequence[Mapping[Hashable, Any]], patients: NDArray[np.object_]
) -> list[Neighbour]:
    """The nearest films of different patients by their distances (m,)."""
    order = np.argsort(distances, kind="stable")
    first = pd.Series(patients[order]).drop_duplicates().index[:N_NEAREST]
    return [
        Neighbour(
            image_id=films[place]["image_id"],
            path=films[place]["path"],
            label=films[place]["label"],
            distance=float(distances[place]),
        )
        for place in order[first]
    ]


def _directions(features: NDArray[np.float32]) -> Floats:
    """Features of length 1, or of length 0 if all are 0."""
    exact = features.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    return np.divide(exact, lengths, out=np.zeros_like(exact), where=lengths > 0)
