"""Deletion and insertion: what the network answers when the hottest places go, or come first."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Bools, Floats
from tasks.explain.attribution.scored_network import ScoredNetwork
from tasks.explain.grading.map_scale import cell_means, cell_numbers, scale_maps

N_REMOVED_CELLS = 8  # along each side of the film
# Shares of the film; the answer changes most where the hottest places are
_SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2)

Ranks = NDArray[np.int64]


class RemovalCurves(NamedTuple):
    """Areas under the curves of each film, (N,) float64 in [0, 1].

    deletion: low if the hottest cells carry the answer. insertion: high if they do.
    """

    deletion: Floats
    insertion: Floats


def removal_curves(
    scored: ScoredNetwork,
    images: Pixels,
    classes: NDArray[np.int64],
    maps: Mapping[str, Floats],
    seed: int,
) -> tuple[dict[str, RemovalCurves], Floats]:
    """Areas under the deletion and the insertion curve of each method; deletion in random order.

    The curve is the probability of the class while cells take the grey of the average training
    film, the hottest first (deletion), or while cells of the film replace those of the average film
    (insertion). Cells of equal heat come in random order. The area follows from six points.

    Args:
        scored: The network.
        images: (N, H, H, 1) uint8.
        classes: (N,) int64, the called class of each film.
        maps: Method -> (N, h, w), the maps for this class.
        seed: Seed of the random order.

    Source: Petsiuk, Das and Saenko 2018, "RISE: Randomized Input Sampling for Explanation of
    Black-box Models", arXiv:1806.07421, section 3.3. There single pixels go, to grey or to a blur.
    """
    side = images.shape[1]
    n_cells = min(N_REMOVED_CELLS, side)
    random = np.random.default_rng(seed).random((len(images), n_cells**2))
    ranks = {
        name: _ranks(cell_means(scale_maps(one, side), n_cells), random)
        for name, one in maps.items()
    }
    cells = cell_numbers(side, n_cells)
    orders = [rank[:, cells] for rank in (*ranks.values(), _ranks(np.zeros_like(random), random))]
    ends = [_probabilities(scored.logits(one), classes) for one in _ends(scored, images)]
    *deleted, in_random_order = _areas(scored, images, classes, orders, False, ends)
    inserted = _areas(scored, images, classes, orders[:-1], True, ends)
    curves = {name: RemovalCurves(*p) for name, *p in zip(ranks, deleted, inserted, strict=True)}
    return curves, in_random_order


def _ranks(heat: Floats, random: Floats) -> Ranks:
    """Place of each cell in the order, 0 for the hottest: heat, random (N, n) -> (N, n) int64."""
    order = np.lexsort((random, -heat), axis=1)
    return np.argsort(order, axis=1)


def _ends(scored: ScoredNetwork, images: Pixels) -> tuple[Pixels, Pixels]:
    """The films, and as many average films."""
    return images, np.broadcast_to(scored.average_film, images.shape)


def _probabilities(logits: NDArray[np.float32], classes: NDArray[np.int64]) -> Floats:
    """Probability of the class of each film: (N, n_classes) float32 -> (N,) float64."""
    shares: Floats = softmax(logits.astype(np.float64), axis=1)[np.arange(len(logits)), classes]
    return shares


def _areas(
    scored: ScoredNetwork,
    images: Pixels,
    classes: NDArray[np.int64],
    ranks: list[Ranks],
    keeps: bool,
    ends: list[Floats],
) -> list[Floats]:
    """Area under the curve of each film, one array per order; `keeps` is insertion.

    ranks: (N, H, W) int64 for each order. ends: probability for the film and the average film.
    """
    n_films, n_cells = len(images), int(ranks[0].max()) + 1
    limits = np.round(np.array(_SHARES) * n_cells)

    def make_rows(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        curves, films, steps = np.unravel_index(rows, (len(ranks), n_films, len(limits)))
        chosen = zip(curves, films, steps, strict=True)
        hot = np.stack([ranks[curve][film] < limits[step] for curve, film, step in chosen])
        return _replaced(images[films], scored.average_film, hot != keeps)

    logits = scored.logits_of_rows(len(ranks) * n_films * len(limits), make_rows)
    repeated = np.tile(np.repeat(classes, len(limits)), len(ranks))
    inner = _probabilities(logits, repeated).reshape(len(ranks), n_films, -1)
    first, last = reversed(ends) if keeps else ends
    at = np.array([0, *(limits / n_cells), 1])
    curves = [np.column_stack([first, one, last]) for one in inner]
    return [np.trapezoid(curve, at, axis=1) for curve in curves]


def _replaced(films: Pixels, average: Pixels, where: Bools) -> NDArray[np.float32]:
    """Films (B, H, W, 1) with the average film where `where` (B, H, W) is True, as float32."""
    return np.where(where[..., np.newaxis], average, films).astype(np.float32)
