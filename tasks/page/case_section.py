"""The case browser: every test film, with its heat maps and its neighbours."""

import hashlib
from typing import Any

import pandas as pd

from tasks.core.page_data import page_data
from tasks.page.case_facts import Record, case_records, group_filters
from tasks.page.case_heat import heat_on_page
from tasks.page.case_inputs import CaseInputs
from tasks.page.film_pictures import (
    FILM_CHARACTERS,
    FilmPictures,
    inline_films,
    inline_overlay,
    inline_squares,
)
from tasks.page.page_inputs import JsonObject

_OUTCOME_WORDS = {
    "FN": "missed",
    "FP": "false alarm",
    "TP": "found",
    "TN": "correctly passed",
    "wrong": "another class",
    "right": "its own class",
}
_KEY_DIGITS = 16  # hex digits; 64 bits are enough to tell pages of one reader apart


def case_section(
    model: str, evaluation: JsonObject, films: pd.DataFrame, cases: CaseInputs
) -> dict[str, Any]:
    """All that the templates `cases.html.j2` and `marks.html.j2` and their scripts show.

    Args:
        model: Name of the model.
        evaluation: Content of `evaluation.json`.
        films: Predictions of the test films.
        cases: Films, heat maps and neighbours of the same model.
    """
    records = case_records(films, evaluation, cases.persons)
    explained = {case["image_id"]: case for case in cases.explanations["cases"]}
    overlays = _overlays(cases)
    room = FILM_CHARACTERS - sum(len(uri) for pair in overlays.values() for uri in pair.values())
    pictures = inline_films(cases.films_dir, cases.films, explained, room)
    facts = {
        "model": model,
        "classes": evaluation["classes"],
        "negative_class": evaluation["negative_class"],
        "threshold": (evaluation.get("operating_point") or {}).get("threshold"),
        "outcomes": _OUTCOME_WORDS,
        "films": _films_of_script(records, cases),
    }
    key = hashlib.sha256(page_data(facts).encode()).hexdigest()[:_KEY_DIGITS]
    return {
        "model": model,
        "classes": evaluation["classes"],
        "is_two_sided": evaluation["negative_class"] is not None,
        "n_films": len(records),
        "n_explained": len(explained),
        "groups": group_filters(records),
        "outcomes": _outcomes(records),
        "rows": [_row(record, explained, pictures, overlays) for record in records],
        "methods": cases.explanations["methods"],
        "reduced_px": pictures.reduced_px,
        "n_without_picture": sum(record["image_id"] not in pictures.uris for record in records),
        "data": page_data(
            facts
            | {
                "key": key,
                "squares": inline_squares(cases.squares),
                "heat": heat_on_page(cases.explanations, cases.heat),
            }
        ),
    }


def _outcomes(records: list[Record]) -> list[dict[str, Any]]:
    """Outcomes that occur, in reading order: `name`, `words` and `n_films`."""
    counts = [
        (name, sum(record["outcome"] == name for record in records)) for name in _OUTCOME_WORDS
    ]
    return [{"name": name, "words": _OUTCOME_WORDS[name], "n_films": n} for name, n in counts if n]


def _films_of_script(records: list[Record], cases: CaseInputs) -> list[Record]:
    """Records with the place on the large film, the neighbours, and the number of the case."""
    places = {film["image_id"]: film for film in cases.films}
    numbers = {case["image_id"]: n for n, case in enumerate(cases.explanations["cases"])}
    return [
        {
            **record,
            **{
                name: places.get(record["image_id"], {}).get(name)
                for name in ("width", "height", "box", "square_box")
            },
            "nearest": [
                [one["image_id"], one["label"], one["distance"]]
                for one in cases.nearest.get(record["image_id"], [])
            ],
            "case": numbers.get(record["image_id"]),
        }
        for record in records
    ]


def _overlays(cases: CaseInputs) -> dict[str, dict[str, str]]:
    """Pictures for readers without script by image_id: `heat`, and `lime` where there is one."""
    found = {}
    for case in cases.explanations["cases"]:
        names = {"heat": case.get("overlay"), "lime": case.get("lime")}
        found[case["image_id"]] = {
            kind: inline_overlay(cases.explained_dir / file) for kind, file in names.items() if file
        }
    return found


def _row(
    record: Record,
    explained: dict[str, JsonObject],
    pictures: FilmPictures,
    overlays: dict[str, dict[str, str]],
) -> dict[str, Any]:
    """A row of the table that stands without script."""
    image_id = record["image_id"]
    return {
        **record,
        "words": _OUTCOME_WORDS[record["outcome"]],
        "picture": pictures.uris.get(image_id),
        "why": explained[image_id]["why"] if image_id in explained else None,
        "overlays": overlays.get(image_id, {}),
    }
