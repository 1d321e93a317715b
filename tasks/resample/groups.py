"""Which films belong together: one patient, identical pixels, or nearly so."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

HASH_WORDS = 4  # a 256-bit hash as four 64-bit words
BLOCK_ROWS = 512  # rows compared with all others at a time: 512 x 100,000 words is 400 MB

Pairs = NDArray[np.int64]


def near_duplicates(hashes: pd.Series, max_bits: int) -> Pairs:
    """Pairs of films whose perceptual hashes differ in at most `max_bits` of 256 bits.

    Args:
        hashes: 256-bit difference hashes in hex, one per film.
        max_bits: Largest Hamming distance.

    Returns:
        pairs: (n_pairs, 2) int64, positions in `hashes`, first below second, sorted.
    """
    words = _as_words(hashes)
    found = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, len(words), BLOCK_ROWS):
        block = words[start : start + BLOCK_ROWS]
        distance = np.zeros((len(block), len(words) - start), dtype=np.uint16)
        for word in range(HASH_WORDS):
            differing = block[:, word, np.newaxis] ^ words[np.newaxis, start:, word]
            distance += np.bitwise_count(differing)
        first, second = np.nonzero(distance <= max_bits)
        later = second > first
        found.append(np.column_stack([first[later], second[later]]) + start)
    return np.concatenate(found)


def join_groups(films: pd.DataFrame, max_bits: int) -> pd.Series:
    """Group key of each film: patients joined with their exact and near duplicates.

    Args:
        films: Columns `patient_id` (not null), `pixel_hash`, `perceptual_hash`.
        max_bits: See `near_duplicates`.

    Returns:
        group_id per film, aligned with `films`: the smallest patient id of the group.
    """
    n_films = len(films)
    edges = [
        _chain(films["patient_id"]),
        _chain(films["pixel_hash"]),
        near_duplicates(films["perceptual_hash"], max_bits),
    ]
    first, second = np.concatenate(edges).T
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), (n_films, n_films))
    component = connected_components(graph, directed=False)[1]
    return films["patient_id"].groupby(component).transform("min")


def _chain(keys: pd.Series) -> Pairs:
    """Edges that tie each film to the next one with the same key: enough to connect them all."""
    order = np.argsort(keys.to_numpy(), kind="stable")
    ordered = keys.to_numpy()[order]
    same = ordered[1:] == ordered[:-1]
    return np.column_stack([order[:-1][same], order[1:][same]]).astype(np.int64)


def _as_words(hashes: pd.Series) -> NDArray[np.uint64]:
    joined = bytes.fromhex("".join(hashes))
    return np.frombuffer(joined, dtype=np.uint64).reshape(len(hashes), HASH_WORDS)
