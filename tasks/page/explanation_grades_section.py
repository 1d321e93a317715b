"""Section of a model's page: how far each explanation method may be trusted."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.html.number_format import count_of, format_interval, format_number

_SANITY = {True: "passed", False: "FAILED", None: "not computable"}

_HEAD = (
    "Method",
    "Sanity check",
    "Similarity",
    "Deletion",
    "Insertion",
    "Stability",
    "Heat in the lungs",
)
_HEAD_OF_TRUTH = ("Method", "Hits an opacity", "Overlap", "Hits, weights random")


def explanation_grades(
    grades: Mapping[str, Any], explanations: Mapping[str, Any]
) -> dict[str, Any]:
    """Context of `explanation_grades.html.j2`.

    Args:
        grades: Content of grades.json.
        explanations: Content of explanations.json, for the titles of the methods.
    """
    titles = {one["name"]: one["title"] for one in explanations["methods"]}
    methods = sorted(grades["methods"], key=lambda one: one["rank"])
    has_truth = any(one["truth"] for one in methods)
    agreement = grades["agreement"]
    return {
        "title": _title(methods, titles),
        "n_films": grades["n_films"],
        "n_lung_films": methods[0]["lungs"]["n_films"] if methods else None,
        "n_truth_films": methods[0]["truth"]["n_films"] if has_truth else None,
        "rule": grades.get("ranking_rule"),
        "head": list(_HEAD),
        "rows": [_row(one, titles) for one in methods],
        "truth_head": list(_HEAD_OF_TRUTH),
        "truth_rows": [_truth_row(one, titles) for one in methods if has_truth],
        "random_order": methods[0]["random_order"] if methods else None,
        "chances": _chances(methods),
        "limit": methods[0]["sanity"]["limit"] if methods else None,
        **_cascade(methods, titles),
        "agreement_head": ["Method", *(titles[name] for name in agreement["methods"])],
        "agreement_rows": [
            [titles[name], *row]
            for name, row in zip(agreement["methods"], agreement["matrix"], strict=True)
        ],
    }


def _title(methods: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """The result in one sentence."""
    if not methods:
        return "No explanation method was graded"
    best, truth = methods[0], methods[0]["truth"]
    if best["sanity"]["passed"] is not True:
        return "No explanation method passes the sanity check"
    if truth is None:
        return f"{titles[best['name']]} ranks first of the explanation methods"
    hits, chance = truth["pointing_game"], format_number(truth["chance"])
    told = f"{format_number(hits['value'])} ({format_interval(hits)}), by chance {chance}"
    return f"{titles[best['name']]} points at an opacity most often: {told}"


def _row(method: Mapping[str, Any], titles: Mapping[str, str]) -> list[Any]:
    sanity = method["sanity"]
    return [
        f"{method['rank']}. {titles[method['name']]}",
        _SANITY[sanity["passed"]],
        sanity["steps"][-1]["similarity"] if sanity["steps"] else None,
        *(method[name] for name in ("deletion", "insertion", "stability")),
        method["lungs"]["share"],
    ]


def _cascade(methods: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> dict[str, Any]:
    """Similarity of the maps after each step of the sanity check, by method."""
    numbers = sorted(
        {step["layers_randomised"] for one in methods for step in one["sanity"]["steps"]}
    )
    words = [f"Last {count_of(n, 'layer')} random" for n in numbers[:-1]]
    rows = []
    for one in methods:
        found = {step["layers_randomised"]: step["similarity"] for step in one["sanity"]["steps"]}
        rows.append([titles[one["name"]], *(found.get(n) for n in numbers)])
    every = [f"All {count_of(n, 'layer')} random" for n in numbers[-1:]]
    return {"cascade_head": ["Method", *words, *every], "cascade_rows": rows}


def _truth_row(method: Mapping[str, Any], titles: Mapping[str, str]) -> list[Any]:
    truth, random = method["truth"] or {}, method["random_network"] or {}
    cells = [truth.get("pointing_game"), truth.get("iou"), random.get("pointing_game")]
    return [titles[method["name"]], *cells]


def _chances(methods: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """What heat without knowledge would reach; null where it is unknown."""
    first = methods[0] if methods else {"lungs": {}, "truth": None}
    truth = first["truth"] or {}
    return {
        "lungs": first["lungs"].get("area"),
        "hits": truth.get("chance"),
        "overlap": truth.get("iou_chance"),
    }
