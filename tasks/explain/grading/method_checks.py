"""The checks of each method: sanity, stability, and the pointing game of a random network."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.core.params.reporting import ExplainParams, MethodName
from tasks.core.statistics.arrays import Floats
from tasks.explain.attribution.methods import attribute
from tasks.explain.explained_model import ExplainedModel
from tasks.explain.grading.graded_cases import GradedCases
from tasks.explain.grading.map_checks import (
    CheckedFilms,
    MadeMaps,
    MakeMaps,
    randomised_maps,
    sanity_check,
    similarities,
    with_noise,
)
from tasks.explain.grading.opacity_truth import against_opacities

# The checks compute maps again and again: these numbers keep them within seconds
_N_STEP_FILMS = 2
_N_RANDOM_FILMS = 6  # with true opacities, where the random network plays the pointing game


def check_methods(
    explained: ExplainedModel,
    cases: GradedCases,
    maps: Mapping[MethodName, Floats],
    params: ExplainParams,
) -> dict[str, dict[str, Any]]:
    """Check each method; films with true opacities come first.

    Args:
        explained: The model.
        cases: Films, at least one. The map for the class of the label counts.
        maps: Method -> (N, h, w), its maps for this class.
        params: `n_lime_samples` and `seed` count.

    Returns:
        sanity, stability and random_network of each method, as in grades.json.
    """
    with_opacities = cases.with_opacities()
    others = np.setdiff1d(np.arange(len(cases.images)), with_opacities)
    n_films = max(min(_N_RANDOM_FILMS, len(with_opacities)), _N_STEP_FILMS)
    rows = np.concatenate([with_opacities, others])[:n_films]
    checked = cases.part(rows)
    classes = np.take_along_axis(checked.classes, checked.labels[:, np.newaxis], axis=1)[:, 0]
    films = CheckedFilms(checked.images, classes, _N_STEP_FILMS)
    make: dict[str, MakeMaps] = {name: _maker(name, params) for name in maps}
    before: dict[str, Floats] = {name: one[rows] for name, one in maps.items()}
    made = randomised_maps(make, before, explained, films, params.seed)
    return {
        name: {
            "sanity": sanity_check(made[name]),
            "stability": _stability(make[name], explained, films, made[name], params.seed),
            "random_network": _random_truth(checked, made[name], params.seed),
        }
        for name in make
    }


def _maker(name: MethodName, params: ExplainParams) -> MakeMaps:
    def make_maps(model: ExplainedModel, images: Pixels, classes: NDArray[np.int64]) -> Floats:
        maps = attribute(name, model, images, classes[:, np.newaxis], params)
        return maps[:, 0].astype(np.float64)

    return make_maps


def _stability(
    make_maps: MakeMaps,
    explained: ExplainedModel,
    films: CheckedFilms,
    made: MadeMaps,
    seed: int,
) -> dict[str, float | None]:
    """Similarity of the maps of films with and without a little noise.

    Two films give no interval: a bootstrap of so few is far too narrow.
    """
    n_films = films.n_steps
    noisy = with_noise(films.images[:n_films], seed)
    after = make_maps(explained, noisy, films.classes[:n_films])
    known = [value for value in similarities(made.before, after) if value is not None]
    return {"value": float(np.mean(known)) if known else None, "low": None, "high": None}


def _random_truth(checked: GradedCases, made: MadeMaps, seed: int) -> dict[str, Any] | None:
    """What a network with random weights reaches against the true opacities."""
    rows = checked.with_opacities()
    if not len(rows):
        return None
    found = checked.part(rows)
    last = list(made.steps.values())[-1]
    return against_opacities(last[rows], found.opacities, found.patients, seed)
