"""P values by permutation, where films of one patient depend on each other."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Bools, Floats

_BATCH = 1000  # permutations at a time: 1000 x 6,000 films take 24 MB
_ROUNDING = 1e-6  # of sums in float32; a hit more or less changes them by more


def permutation_p_values(
    hits: Bools, weights: Floats, patients: pd.Series, seed: int, n_permutations: int = 4999
) -> Floats:
    """Two-sided p value of weighted sums of hits, such as the difference of two shares.

    A permutation gives the films of each patient to another patient with as many films, and
    shuffles the films within each patient. So it keeps what the films of one patient share.

    Args:
        hits: (n,) bool.
        weights: (n, g) float64, those of the films in each sum. The difference of two shares has
            1 / n_a for the films of one group and -1 / n_b for those of the other one.
        patients: (n,) patient of each film.
        seed: Seed of the random generator.
        n_permutations: Smallest p value: 1 / (n_permutations + 1).

    Returns:
        (g,) float64 in (0, 1]: the share of permutations in which the sum is as far from its mean
        over all permutations as in the films, or farther; the films count as one permutation.

    Example:
        >>> hits = np.array([True] * 4 + [False] * 4)
        >>> sides = np.repeat([0.25, -0.25], 4)[:, np.newaxis]
        >>> permutation_p_values(hits, sides, pd.Series(range(8)), seed=0).round(2)  # 2 of 70
        array([0.03])

    Source:
        Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9(1), article 39, 2010 (counting the films
        themselves). Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005
        (permutation within blocks).
    """
    blocks = _films_by_size(patients)
    means = sum(hits[block].mean() * weights[block].sum(axis=(0, 1)) for block in blocks)
    least = np.abs(hits @ weights - means) - _ROUNDING * np.abs(weights).sum(axis=0)
    short = weights.astype(np.float32)
    rng = np.random.default_rng(seed)
    n_as_far: Floats = np.ones(weights.shape[1])  # the films themselves
    for start in range(0, n_permutations, _BATCH):
        sums = np.zeros((min(_BATCH, n_permutations - start), weights.shape[1]))
        for block in blocks:
            sums += _permuted(hits[block], len(sums), rng) @ short[block.ravel()]
        n_as_far += (np.abs(sums - means) >= least).sum(axis=0)
    return n_as_far / (n_permutations + 1)


def _films_by_size(patients: pd.Series) -> list[NDArray[np.int64]]:
    """Positions of the films, a block for each number of films of a patient.

    Returns:
        Arrays of (number of patients, films of each).
    """
    codes, _ = pd.factorize(patients, sort=True)
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)[codes[order]]
    return [order[sizes == size].reshape(-1, size) for size in np.unique(sizes)]


def _permuted(hits: Bools, n_permutations: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(n_permutations, films) hits of a block of (patients, films of each), permuted."""
    n_patients, size = hits.shape
    orders = np.tile(np.arange(n_patients, dtype=np.int32), (n_permutations, 1))
    permuted = hits[rng.permuted(orders, axis=1)]
    if size > 1:
        permuted = rng.permuted(permuted, axis=2)
    flat: NDArray[np.float32] = permuted.reshape(n_permutations, -1).astype(np.float32)
    return flat
