"""Which films belong together: one patient, equal pixels, or near duplicates."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Edges = NDArray[np.int64]


def patients(films: pd.DataFrame) -> pd.Series:
    """Patient of each film; a film without a patient key gets its own, `film:<image id>`.

    Args:
        films: Columns `patient_id` (may be null) and `image_id`.
    """
    return films["patient_id"].fillna("film:" + films["image_id"].str[:16])


def join_groups(films: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """Group of each film: patients are joined with their exact and near duplicates.

    A pair also joins films through a third film that is not in `films`.

    Args:
        films: Columns `path` (unique), `image_id`, `patient_id` (may be null) and `pixel_hash`.
        pairs: Columns `path_a` and `path_b`, see `tables.PAIRS_SCHEMA`.

    Returns:
        `group_id`, aligned with `films`: the smallest patient key of the group.

    Example:
        >>> films = pd.DataFrame({"path": ["1", "2", "3"], "image_id": ["x", "y", "z"]})
        >>> films = films.assign(patient_id=["b", "a", "c"], pixel_hash=["p", "q", "r"])
        >>> join_groups(films, pd.DataFrame({"path_a": ["1"], "path_b": ["2"]})).tolist()
        ['a', 'a', 'c']
    """
    paths = pd.concat([films["path"], pairs["path_a"], pairs["path_b"]])
    nodes, names = pd.factorize(paths)
    end_a, end_b = nodes[len(films) :].reshape(2, len(pairs))
    patient, patient_ids = pd.factorize(patients(films), sort=True)
    pixels, _ = pd.factorize(films["pixel_hash"])
    edges = [_chain(patient), _chain(pixels), np.column_stack([end_a, end_b])]
    component = _components(np.concatenate(edges), len(names))[nodes[: len(films)]]
    smallest = np.full(len(names), len(patient_ids))
    np.minimum.at(smallest, component, patient)
    group_ids = patient_ids.take(smallest[component])
    return pd.Series(group_ids, index=films.index, name="group_id", dtype="str")


def _chain(keys: NDArray[np.int64]) -> Edges:
    """One edge from each film to the next film with the same key; this connects all of them.

    A key below 0 stands for null and gives no edge.
    """
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero((np.diff(keys[order]) == 0) & (keys[order][1:] >= 0))
    return np.column_stack([order[same], order[same + 1]])


def _components(edges: Edges, n_nodes: int) -> NDArray[np.int64]:
    """Number of the connected component of each node."""
    ones = np.ones(len(edges), dtype=np.int8)
    graph = coo_array((ones, (edges[:, 0], edges[:, 1])), shape=(n_nodes, n_nodes))
    component: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return component
