"""Two checks of a method: maps must change with the weights, and must not change with noise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats
from tasks.explain.explained_model import ExplainedModel
from tasks.explain.grading.map_similarity import map_similarity
from tasks.explain.grading.random_weights import RandomWeights

# model, images (N, H, W, 1), classes (N,) -> maps (N, h, w)
MakeMaps = Callable[[ExplainedModel, Pixels, NDArray[np.int64]], Floats]

# Rank correlation of maps before and after. The source gives no limit. Unrelated maps lie around 0,
# an edge detector at 1; at 0.5 a quarter of the variance of the ranks is still the old map's.
SANITY_LIMIT = 0.5
NOISE_SD = 5.0  # grey levels of 255: less than the grain that a radiologist sees past


@dataclass(frozen=True, eq=False)
class CheckedFilms:
    """Films of the checks.

    images: (N, H, W, 1) uint8. classes: (N,) int64. n_steps: the first `n_steps` films count for
    networks of which only a part is random.
    """

    images: Pixels
    classes: NDArray[np.int64]
    n_steps: int


@dataclass(frozen=True, eq=False)
class MadeMaps:
    """Maps of one method.

    before: (N, h, w), of the trained network. steps: number of layers -> maps of the network whose
    last layers are random, so many of them; in the last step all are.
    """

    before: Floats
    steps: dict[int, Floats]


def randomised_maps(
    make_maps: Mapping[str, MakeMaps],
    before: Mapping[str, Floats],
    explained: ExplainedModel,
    films: CheckedFilms,
    seed: int,
) -> dict[str, MadeMaps]:
    """Maps of each method after the weights are made random, from the logits down, in three steps.

    The steps: the logits, the upper half of the layers, all layers.

    Args:
        make_maps: The methods.
        before: Their maps of the films, of the trained network.
        explained: The trained network. It has its own weights again when the function returns.
        films: The films.
        seed: Seed of the random weights.
    """
    made = {name: MadeMaps(before[name], {}) for name in make_maps}
    with RandomWeights(explained.scored.truncated.network, seed) as weights:
        for n_layers in sorted({1, -(-weights.n_layers // 2), weights.n_layers}):
            weights.randomise(n_layers)
            n_films = len(films.images) if n_layers == weights.n_layers else films.n_steps
            for name, make in make_maps.items():
                shown = films.images[:n_films], films.classes[:n_films]
                made[name].steps[n_layers] = make(explained, *shown)
    return made


def sanity_check(made: MadeMaps) -> dict[str, Any]:
    """Whether the maps of a method depend on what the network learned.

    Returns:
        passed: the mean similarity with all layers random is at most the limit; None if the maps
        of the trained network are the same everywhere. limit, steps: as in grades.json.

    Source: Adebayo et al. 2018, "Sanity Checks for Saliency Maps", arXiv:1810.03292, section 3.
    """
    steps = [
        {"layers_randomised": n_layers, "similarity": mean_similarity(made.before, after)}
        for n_layers, after in made.steps.items()
    ]
    last = steps[-1]["similarity"]
    passed = None if last is None else last <= SANITY_LIMIT
    return {"passed": passed, "limit": SANITY_LIMIT, "steps": steps}


def mean_similarity(before: Floats, after: Floats) -> float | None:
    """Mean similarity over the films of `after`, which are the first ones of `before`.

    The sign of a film's similarity does not count: a map with all signs turned around still shows
    the places of the old one.
    """
    known = [abs(value) for value in similarities(before, after) if value is not None]
    return float(np.mean(known)) if known else None


def similarities(before: Floats, after: Floats) -> Sequence[float | None]:
    """Similarity of the maps of each film before and after a change."""
    pairs = zip(before[: len(after)], after, strict=True)
    return [map_similarity(*pair) for pair in pairs]


def with_noise(images: Pixels, seed: int) -> Pixels:
    """Films (N, H, W, 1) with normal noise of `NOISE_SD` grey levels, within [0, 255]."""
    noise = np.random.default_rng(seed).normal(0.0, NOISE_SD, images.shape)
    return np.clip(np.round(images + noise), 0, 255).astype(np.uint8)
