"""How alike two heat maps are."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import rankdata

from tasks.core.statistics.arrays import Floats
from tasks.explain.grading.map_scale import cell_means, scale_maps

N_AGREEMENT_CELLS = 8  # along each side: about the resolution of the coarsest method


def rank_correlation(one: Floats, other: Floats) -> float | None:
    """Spearman's rank correlation of two maps of equal shape, in [-1, 1].

    None if a map is the same everywhere: it ranks no place.

    Example:
        >>> rank_correlation(np.array([1.0, 2.0, 30.0]), np.array([-1.0, -2.0, -3.0])).__round__(6)
        -1.0

    Source: Spearman, American Journal of Psychology 15:72-101, 1904.
    """
    ranks = [rankdata(values.ravel()) for values in (one, other)]
    centred = [values - values.mean() for values in ranks]
    norm = float(np.sqrt(np.square(centred[0]).sum() * np.square(centred[1]).sum()))
    return float(centred[0] @ centred[1]) / norm if norm > 0 else None


def map_similarity(before: Floats, after: Floats) -> float | None:
    """Rank correlation of a map with the one that replaces it, at its own resolution.

    A map that is the same everywhere afterwards has lost all it said: 0. None if it was the same
    everywhere before, and so said nothing.
    """
    if before.min() == before.max():
        return None
    return rank_correlation(before, after) or 0.0


def method_agreement(maps: Mapping[str, Floats], side_px: int) -> dict[str, object]:
    """Mean rank correlation of each pair of methods over films, by cells of the film.

    Args:
        maps: Method -> (N, h, w), maps of the same films and classes.
        side_px: Side of the film.

    Returns:
        methods: names; matrix: (M, M) numbers in [-1, 1], None for a pair without a film on which
        both methods rank the cells.
    """
    n_cells = min(N_AGREEMENT_CELLS, side_px)
    cells = [cell_means(scale_maps(one, side_px), n_cells) for one in maps.values()]
    matrix = [[_mean_correlation(one, other) for other in cells] for one in cells]
    return {"methods": list(maps), "matrix": matrix}


def _mean_correlation(one: Sequence[Floats] | Floats, other: Floats) -> float | None:
    pairs = zip(one, other, strict=True)
    known = [value for pair in pairs if (value := rank_correlation(*pair)) is not None]
    return float(np.mean(known)) if known else None
