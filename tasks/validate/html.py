"""The verdict as one offline page: no script, no font, no request leaves it."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tasks.core.html.inline_pictures import Picture
from tasks.core.html.templating import render_template
from tasks.core.params import ValidateParams
from tasks.validate.features import FAMILIES
from tasks.validate.rules.rule import GROUPS
from tasks.validate.shortcuts import SPLIT, TOGETHER

TEMPLATES = Path(__file__).parent / "templates"
FAMILY_TITLES = {"metadata": "Facts of the file", "pixels": "Trivial pixel statistics"}
KIND_TITLES = {
    "exact": "The very same pixels",
    "near": "Near duplicates",
    "patient": "One patient in several given splits",
}
Row = Mapping[str, Any]


def render_page(
    verdict: Mapping[str, Any], pictures: Mapping[str, Picture], params: ValidateParams
) -> str:
    """Render the page.

    Args:
        verdict: From `verdict.build_verdict`.
        pictures: From `gallery.draw_pictures`, by path.
        params: Limits that the audit is shown against.

    Returns:
        HTML with its style and pictures inside; every value from the data is escaped.
    """
    context = {
        "verdict": verdict,
        "pictures": pictures,
        "groups": GROUPS,
        "questions": _questions(verdict["shortcuts"]["rows"], params),
        "pair_sections": _pair_sections(verdict),
        "words": _words,
        "shown": _shown,
        **_piles(verdict["expectations"]),
    }
    return render_template(TEMPLATES, "validation.html.j2", context)


def _words(name: object) -> str:
    return str(name).removeprefix("n_").replace("_", " ")


def _shown(value: object) -> str:
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)


def _piles(expectations: Sequence[Row]) -> dict[str, list[Row]]:
    """Expectations in reading order: what stops the run, what to look at, what holds."""
    broken = [one for one in expectations if not one["passed"]]
    return {
        "failed": [one for one in broken if one["severity"] == "error"],
        "warnings": [one for one in broken if one["severity"] == "warning"],
        "passed": [one for one in expectations if one["passed"]],
    }


def _questions(rows: Sequence[Row], params: ValidateParams) -> list[dict[str, Any]]:
    """The audit, question by question: limit, the strongest finding of each family, all rows."""
    found = []
    for (kind, label, against), mine in groupby(
        rows, key=lambda row: (row["question"], row["class"], row["against"])
    ):
        answers = list(mine)
        limit = params.max_shift_auroc if kind == SPLIT else params.max_shortcut_auroc
        families = [
            {
                "title": FAMILY_TITLES[family],
                "rows": [_answer(row, limit) for row in answers if row["family"] == family],
            }
            for family in FAMILIES
        ]
        strongest = [
            max(
                (row for row in answers if row["family"] == family),
                key=lambda row: row["auroc"]["value"],
            )
            for family in FAMILIES
        ]
        found.append(
            {
                "title": f"The given test split of {label}, from the rest of that class"
                if kind == SPLIT
                else f"{label}, from {against}",
                "limit": limit,
                "families": families,
                "strongest": [_answer(row, limit) for row in strongest],
                "n_over": sum(row["auroc"]["value"] > limit for row in answers),
                "n_rows": len(answers),
            }
        )
    return found


def _answer(row: Row, limit: float) -> dict[str, Any]:
    together = row["feature"] == TOGETHER
    return {
        "name": "All together" if together else FAMILIES[row["family"]][row["feature"]],
        "together": together,
        "over": row["auroc"]["value"] > limit,
        "auroc": row["auroc"],
        "words": row["words"],
    }


def _pair_sections(verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    sections = []
    for kind, title in KIND_TITLES.items():
        pairs = [_pair(row) for row in verdict["pairs"] if row["kind"] == kind]
        if pairs:
            sections.append({"title": title, "pairs": pairs, "n": verdict["n_pairs"][kind]})
    return sections


def _pair(row: Row) -> dict[str, Any]:
    """A pair as two sides, and what is wrong with it in plain words."""
    sides = [
        {name: row[f"{prefix}{name}"] for name in ("path", "label", "given_split", "patient_id")}
        for prefix in ("", "other_")
    ]
    one, other = sides
    faults = []
    if None not in (one["label"], other["label"]) and one["label"] != other["label"]:
        faults.append("two classes")
    if None not in (one["given_split"], other["given_split"]) and (
        one["given_split"] != other["given_split"]
    ):
        faults.append("two given splits")
    measured = row["kind"] == "near"
    return {
        "sides": sides,
        "faults": faults,
        "n_bits": row["n_bits"] if measured else None,
        "correlation": row["correlation"] if measured else None,
    }
