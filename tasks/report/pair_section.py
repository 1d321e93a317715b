"""Two networks side by side on one film: data of the script, and a table without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tasks.core import paths
from tasks.core.html.inline_pictures import inline_jpeg
from tasks.core.json_form import read_form
from tasks.core.page_data import page_data
from tasks.core.result_forms import FILMS_FORM

MOST_FILMS = 24  # in the viewer: keeps the page far below 15 MB
_PLACE = ("shown_width", "shown_height", "box", "square_box")
_FACTS = ("called_class", "outcome", "probabilities", "classes", "heat", "segments")
_WRONG_CALLS = {"FN", "FP", "wrong"}

Summaries = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class PairSection:
    """Content of the section.

    data: JSON of the script. networks: name and page. films: choices of the viewer, with
    `image_id` and `title`. rows: shared cases for readers without script. Each row has `film`,
    `label` and `cells`: what each network calls, with pictures of the first cases.
    """

    data: Markup
    networks: Sequence[Mapping[str, Any]]
    films: Sequence[Mapping[str, Any]]
    rows: Sequence[Mapping[str, Any]]


def pair_section(summaries: Summaries, folder: Path) -> PairSection | None:
    """Films that two or more networks explain; None for one network.

    Args:
        summaries: Contents of `data/summaries/<model>.json`; `explained` holds the cases.
        folder: `data/films`.
    """
    if len(summaries) == 1:
        return None
    places = {film["image_id"]: film for film in read_form(paths.films_json(), FILMS_FORM)["films"]}
    explainers = _explainers(summaries)
    chosen = [one for one, cases in explainers.items() if len(cases) > 1][:MOST_FILMS]
    films = [_film(explainers[one], places[one], folder) for one in chosen]
    networks = [_network(one, set(chosen)) for one in summaries]
    return PairSection(
        data=page_data({"films": films, "networks": networks}),
        networks=[{"model": one["model"], "page": one["page"]} for one in summaries],
        films=[{key: film[key] for key in ("image_id", "title", "label")} for film in films],
        rows=[
            _static_row(explainers[one]) for one in chosen if _first(explainers[one])["is_shared"]
        ],
    )


def _explainers(summaries: Summaries) -> dict[str, dict[str, Any]]:
    """Cases by film, then by network; shared films first, each kind in the order of image_id."""
    films: dict[str, dict[str, Any]] = {}
    for summary in summaries:
        for case in summary["explained"]["cases"]:
            films.setdefault(case["image_id"], {})[summary["model"]] = case | {
                "page": summary["page"]
            }
    order = sorted(films, key=lambda one: (not _first(films[one])["is_shared"], one))
    return {image_id: films[image_id] for image_id in order}


def _first(cases: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(iter(cases.values()))
    return found


def _film(cases: Mapping[str, Any], place: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    case = _first(cases)
    return {
        "image_id": case["image_id"],
        "label": case["label"],
        "title": Path(case["path"]).name,
        "picture": inline_jpeg(folder / place["file"]).uri,
        **{name: place[name] for name in _PLACE},
    }


def _network(summary: Mapping[str, Any], chosen: set[str]) -> dict[str, Any]:
    explained = summary["explained"]
    return {
        "name": summary["model"],
        "page": summary["page"],
        "methods": explained["methods"],
        "cases": {
            case["image_id"]: {name: case[name] for name in _FACTS}
            for case in explained["cases"]
            if case["image_id"] in chosen
        },
    }


def _static_row(cases: Mapping[str, Any]) -> dict[str, Any]:
    case = _first(cases)
    return {
        "image_id": case["image_id"],
        "film": Path(case["path"]).name,
        "label": case["label"],
        "has_pictures": case["pictures"] is not None,
        "cells": [_static_cell(model, one) for model, one in cases.items()],
    }


def _static_cell(model: str, case: Mapping[str, Any]) -> dict[str, Any]:
    pictures = case["pictures"] or {}
    return {
        "model": model,
        "page": case["page"],
        "called": case["called_class"],
        "probability": case["probabilities"][case["called_class"]],
        "is_wrong": case["outcome"] in _WRONG_CALLS,
        **{kind: _png_uri(pictures.get(kind)) for kind in ("overlay", "lime")},
    }


def _png_uri(text: str | None) -> str | None:
    return None if text is None else f"data:image/png;base64,{text}"
