"""What the index needs to show two networks side by side on one film."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.page.heat_bytes import heat_text, segment_text

N_PICTURED = 3  # shared cases with pictures, for readers without script; bounds the index
_FACTS = ("image_id", "path", "label", "called_class", "outcome", "probabilities", "is_shared")


def explained_films(explanations: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Heat of every case in the form of `tasks.page.heat_bytes`, with the calls.

    Args:
        explanations: Content of `explanations.json`.
        folder: Folder of `heat.npz` and of the pictures.

    Returns:
        `methods`: name, title, limit and `is_sane` in rank order. `cases`: facts of each case, its
        `classes` in question, `heat` by method (`shape`, `bytes`, `empty`) and `segments` (None
        without LIME). `pictures` of the first shared cases: `overlay` and `lime` as base64 of PNG
        files, or None.
    """
    with np.load(folder / "heat.npz", allow_pickle=False) as arrays:
        heat = {name: arrays[name] for name in arrays.files}
    methods = explanations["methods"]
    pictured = [case["index"] for case in explanations["cases"] if case["is_shared"]][:N_PICTURED]
    return {
        "methods": [
            {key: method[key] for key in ("name", "title", "limit", "is_sane")}
            for method in methods
        ],
        "cases": [
            _case_summary(case, methods, heat)
            | {"pictures": _pictures(case, folder) if case["index"] in pictured else None}
            for case in explanations["cases"]
        ],
    }


def _case_summary(
    case: Mapping[str, Any], methods: list[dict[str, Any]], heat: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    row, classes = case["index"], case["classes"]
    segments = heat.get("lime_segments")
    maps = {
        method["name"]: heat_text(heat[method["name"]][row][: len(classes)], method["limit"])
        | {"empty": case["heat"][method["name"]]["empty"]}
        for method in methods
    }
    return {
        **{name: case[name] for name in _FACTS},
        "classes": classes,
        "heat": maps,
        "segments": None if segments is None else segment_text(segments[row]),
    }


def _pictures(case: Mapping[str, Any], folder: Path) -> dict[str, str | None]:
    files = {kind: case[kind] for kind in ("overlay", "lime")}
    return {
        kind: base64.b64encode((folder / file).read_bytes()).decode("ascii") if file else None
        for kind, file in files.items()
    }
