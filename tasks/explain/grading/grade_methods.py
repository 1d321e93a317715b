"""Grade attribution methods on one model: the content of grades.json."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.core.params.reporting import ExplainParams, MethodName
from tasks.core.statistics.arrays import Floats
from tasks.explain.explained_model import ExplainedModel
from tasks.explain.films.film_fields import FilmFields
from tasks.explain.grading.film_means import mean_estimate
from tasks.explain.grading.graded_cases import GradedCases, graded_cases
from tasks.explain.grading.lung_places import lung_share
from tasks.explain.grading.map_similarity import method_agreement
from tasks.explain.grading.method_checks import check_methods
from tasks.explain.grading.method_ranks import RANKING_RULE, with_ranks
from tasks.explain.grading.opacity_truth import against_opacities
from tasks.explain.grading.removal_curves import RemovalCurves, removal_curves
from tasks.explain.selection import SelectedFilm

MethodMaps = Mapping[MethodName, NDArray[np.float32]]


def grade_methods(  # noqa: PLR0913, PLR0917 - a model, its films and their heat
    explained: ExplainedModel,
    images: Pixels,
    films: Sequence[SelectedFilm],
    classes: NDArray[np.int64],
    heat: MethodMaps,
    fields: FilmFields,
    params: ExplainParams,
) -> dict[str, Any]:
    """Grade each method; the best one first.

    Truth, lungs and agreement count all films. The other grades need new answers of the network
    and count `n_graded` films, the shared ones first.

    Args:
        explained: The model. It is not changed.
        images: (N, H, H, 1) uint8, at least one film.
        films: The N explained films.
        classes: (N, k) int64, the classes in question, the called one first.
        heat: Method -> (N, k, h, w) float32, from `attribute`.
        fields: Lungs and opacities of the films.
        params: Section `explain`.

    Returns:
        Content of grades.json.
    """
    cases = graded_cases(explained.classes, images, films, classes, fields)
    order = np.argsort([not film.is_shared for film in films], kind="stable")
    rows = order[: params.n_graded]
    maps = {name: one[rows] for name, one in heat.items()}
    grades = _costly_grades(explained, cases.part(rows), maps, params)
    for name, one in heat.items():
        grades[name] |= {
            "lungs": _lungs(cases, one, params.seed),
            "truth": _truth(cases, one, params.seed),
        }
    called: dict[str, Floats] = {name: one[:, 0].astype(np.float64) for name, one in heat.items()}
    return {
        "n_films": len(rows),
        "ranking_rule": RANKING_RULE,
        "methods": with_ranks([{"name": name, **grade} for name, grade in grades.items()]),
        "agreement": method_agreement(called, images.shape[1]),
    }


def _lungs(cases: GradedCases, maps: NDArray[np.float32], seed: int) -> dict[str, Any]:
    """Share of the heat for the called class in the lungs, and the share that the lungs fill."""
    pairs = zip(maps[:, 0], cases.lungs, strict=True)
    shares = [lung_share(*pair) for pair in pairs]
    judged = [share is not None for share in shares]
    areas = [
        lungs.mean() for lungs, is_judged in zip(cases.lungs, judged, strict=True) if is_judged
    ]
    return {
        "share": mean_estimate(shares, cases.patients, seed),
        "area": float(np.mean(areas)) if areas else None,
        "n_films": sum(judged),
    }


def _truth(cases: GradedCases, maps: NDArray[np.float32], seed: int) -> dict[str, Any] | None:
    """Agreement with the true opacities, None without them."""
    rows = cases.with_opacities()
    if not len(rows):
        return None
    found = cases.part(rows)
    return against_opacities(found.of_label(maps[rows]), found.opacities, found.patients, seed)


def _costly_grades(
    explained: ExplainedModel, cases: GradedCases, maps: MethodMaps, params: ExplainParams
) -> dict[MethodName, dict[str, Any]]:
    """Grades that need new answers of the network, by method."""
    if not maps:
        return {}
    called = cases.classes[:, 0]
    of_called: dict[str, Floats] = {
        name: one[:, 0].astype(np.float64) for name, one in maps.items()
    }
    curves, in_random_order = removal_curves(
        explained.scored, cases.images, called, of_called, params.seed
    )
    checks = check_methods(
        explained,
        cases,
        {name: cases.of_label(one) for name, one in maps.items()},
        params,
    )
    return {
        name: {
            **checks[name],
            **_curve_grades(curves[name], in_random_order, cases.patients, params.seed),
        }
        for name in maps
    }


def _curve_grades(
    curves: RemovalCurves, in_random_order: Floats, patients: Sequence[str], seed: int
) -> dict[str, Any]:
    areas = {
        "deletion": curves.deletion,
        "insertion": curves.insertion,
        "random_order": in_random_order,
    }
    return {key: mean_estimate(one.tolist(), patients, seed) for key, one in areas.items()}
