"""The cases as `explanations.json` lists them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Bools
from tasks.explain.films.film_fields import FilmFields
from tasks.explain.grading.lung_places import hottest_place, lung_share
from tasks.explain.heat_file import Heat
from tasks.explain.selection import SelectedFilm


def case_entries(
    films: Sequence[SelectedFilm],
    questioned: Sequence[Sequence[str]],
    heat: Heat,
    fields: FilmFields,
) -> list[dict[str, Any]]:
    """One entry for each case, in the order of the films.

    Args:
        films: The cases.
        questioned: Names of the classes in question of each case.
        heat: Maps of each method, (N, k, h, w).
        fields: Lungs of the cases.
    """
    return [
        {
            "index": number,
            **asdict(film),
            "classes": list(questioned[number]),
            "heat": {
                method: _facts_of_maps(maps[number], fields.lungs[number])
                for method, maps in heat.items()
            },
            "overlay": f"overlays/{number}.png" if heat else None,
            "lime": f"lime/{number}.png" if "lime" in heat else None,
        }
        for number, film in enumerate(films)
    ]


def _facts_of_maps(maps: NDArray[np.float16], lungs: Bools) -> dict[str, list[Any]]:
    """Facts of the maps (k, h, w) of one film, one for each class in question."""
    exact = maps.astype(np.float32)
    return {
        "empty": [not one.any() for one in exact],
        "lung_share": [lung_share(one, lungs) for one in exact],
        "hottest": [hottest_place(one, lungs) for one in exact],
    }
