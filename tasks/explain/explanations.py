"""Write the folder `reports/<model>/explanations/`: why a model called some test films so."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.atomic import atomic_path, write_json
from tasks.core.image_store.store import Pixels
from tasks.core.params.reporting import ExplainParams
from tasks.explain.activations.activation_folder import write_activations
from tasks.explain.attribution.class_scores import questioned_classes
from tasks.explain.attribution.methods import ATTRIBUTION_METHODS, attribute, usable_methods
from tasks.explain.attribution.superpixels import lime_segments
from tasks.explain.case_entries import case_entries
from tasks.explain.drawing import save_png
from tasks.explain.explained_model import ExplainedModel
from tasks.explain.film_overlay import OVERLAY_PX, draw_overlay, draw_superpixels
from tasks.explain.films.film_fields import FilmFields, read_film_fields
from tasks.explain.films.film_list import read_shown_films
from tasks.explain.grading.grade_methods import grade_methods
from tasks.explain.heat_file import Heat, as_stored, limit_of, save_heat
from tasks.explain.selection import SelectedFilm

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class LabelledFilms:
    """Films with their classes. images: (M, H, W, 1) uint8; labels: M names of classes."""

    images: Pixels
    labels: Sequence[str]


def write_explanations(
    folder: Path,
    explained: ExplainedModel,
    films: Sequence[SelectedFilm],
    images: Pixels,
    validation: LabelledFilms,
    params: ExplainParams,
) -> None:
    """Explain films and grade the explanations. The folder appears only when it is complete.

    Args:
        folder: Folder of the pictures and of `explanations.json`. It is replaced.
        explained: The model.
        films: From `select_films`; at least one.
        images: Pixels of the films, (N, H, W, 1) uint8 in [0, 255].
        validation: Validation films, on which telling channels are looked for.
        params: Section `explain`.

    Raises:
        EvaluationError: The images do not fit the model, the model has no layer to show, or the
            large copy of a film is missing.
    """
    made = _explain(explained, films, images, params)
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        write_json(temporary / "grades.json", made.grades)
        save_heat(temporary / "heat.npz", made.heat, made.segments)
        _draw(temporary, films, made)
        n_shown = params.n_activation_films
        write_activations(
            temporary,
            explained,
            films[:n_shown],
            images[:n_shown],
            validation.images,
            validation.labels,
            params,
        )
        write_json(temporary / "explanations.json", _contents(explained, films, made))
    logger.info("explained %d films of %s", len(films), explained.name)


@dataclass(frozen=True, eq=False)
class _Explained:
    """What was found. questioned: names of the classes in question of each film.

    methods: entries of explanations.json, the best one first. left_out: titles of methods that
    the network has no layer for. grades: content of grades.json.
    """

    questioned: list[list[str]]
    heat: Heat
    segments: NDArray[np.uint16] | None
    fields: FilmFields
    grades: dict[str, Any]
    methods: list[dict[str, Any]]
    left_out: list[str]


def _explain(
    explained: ExplainedModel,
    films: Sequence[SelectedFilm],
    images: Pixels,
    params: ExplainParams,
) -> _Explained:
    fields = read_film_fields([film.image_id for film in films])
    classes = _classes_in_question(explained, films)
    usable, left_out = usable_methods(explained, params)
    maps = {}
    for name in usable:
        maps[name] = attribute(name, explained, images, classes, params)
        logger.info("%s: %d x %d maps", ATTRIBUTION_METHODS[name].title, *classes.shape)
    grades = grade_methods(explained, images, films, classes, maps, fields, params)
    heat = {str(name): as_stored(one) for name, one in maps.items()}
    return _Explained(
        questioned=[[explained.classes[one] for one in row] for row in classes.tolist()],
        heat=heat,
        segments=lime_segments(images) if "lime" in heat else None,
        fields=fields,
        grades=grades,
        methods=_method_entries(heat, grades),
        left_out=[ATTRIBUTION_METHODS[name].title for name in left_out],
    )


def _classes_in_question(
    explained: ExplainedModel, films: Sequence[SelectedFilm]
) -> NDArray[np.int64]:
    """The called class, the class of the label and the next best ones: (N, k) int64."""
    called = np.array([explained.classes.index(film.called_class) for film in films])
    labels = np.array([explained.classes.index(film.label) for film in films])
    rows = [[film.logits[name] for name in explained.classes] for film in films]
    return questioned_classes(np.array(rows, dtype=np.float32), called, labels)


def _method_entries(heat: Heat, grades: dict[str, Any]) -> list[dict[str, Any]]:
    """The methods in the order of their ranks."""
    return [
        {
            "name": grade["name"],
            "title": ATTRIBUTION_METHODS[grade["name"]].title,
            "limit": limit_of(heat[grade["name"]]),
            "is_sane": grade["sanity"]["passed"],
            "rank": grade["rank"],
        }
        for grade in sorted(grades["methods"], key=lambda grade: grade["rank"])
    ]


def _draw(folder: Path, films: Sequence[SelectedFilm], made: _Explained) -> None:
    """Draw the heat of the best method for the called class, and the superpixels of LIME."""
    for kind in ("overlays", "lime"):
        (folder / kind).mkdir()
    best = _overlaid(made.methods)
    shown = read_shown_films([film.image_id for film in films], OVERLAY_PX)
    for number, film in enumerate(shown):
        if best is not None:
            overlay = draw_overlay(film, made.heat[best["name"]][number, 0], best["limit"])
            save_png(overlay, folder / f"overlays/{number}.png")
        if made.segments is not None:
            lime = draw_superpixels(film, made.segments[number], made.heat["lime"][number, 0])
            save_png(lime, folder / f"lime/{number}.png")


def _overlaid(methods: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The best method that did not fail its sanity check; the best one if all failed."""
    sane = (method for method in methods if method["is_sane"] is not False)
    return next(sane, methods[0] if methods else None)


def _contents(
    explained: ExplainedModel, films: Sequence[SelectedFilm], made: _Explained
) -> dict[str, Any]:
    """Content of explanations.json."""
    layers = explained.scored.truncated.layers
    best = _overlaid(made.methods)
    present = {film.outcome for film in films}
    return {
        "model": explained.name,
        "classes": list(explained.classes),
        "negative_class": explained.negative_class,
        "threshold": explained.threshold,
        "target_class": " or ".join(explained.positive_classes),
        "gradcam_layer": layers[-1] if layers else None,
        "conv_layers": list(layers),
        "methods": made.methods,
        "methods_left_out": made.left_out,
        "overlay_method": None if best is None else best["name"],
        "cases": case_entries(films, made.questioned, made.heat, made.fields),
        "missing_outcomes": [one for one in explained.outcomes if one not in present],
    }
