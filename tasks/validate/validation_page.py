"""The page of the gate: offline, without scripts, fonts or requests."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.html.inline_pictures import Picture
from tasks.core.html.site_links import site_links
from tasks.core.html.templating import render_template
from tasks.core.params import ValidateParams
from tasks.core.provenance import Provenance
from tasks.core.reasons import REASONS
from tasks.validate.features import FAMILIES
from tasks.validate.rules.rule import RULE_GROUPS
from tasks.validate.shortcuts import FEWEST_GROUPS, SPLIT, TOGETHER

_TEMPLATES = Path(__file__).parent / "templates"
_FAMILY_TITLES = {"metadata": "Facts of the file", "pixels": "Trivial pixel statistics"}
_KIND_TITLES = {
    "exact": "The same pixels",
    "near": "Near duplicates",
    "patient": "One patient in several given splits",
}
_Row = Mapping[str, Any]


def render_validation_page(
    result: Mapping[str, Any],
    pictures: Mapping[str, Picture],
    params: ValidateParams,
    provenance: Provenance,
    cohort: str | None = None,
) -> str:
    """Render the page.

    Args:
        result: Result of `build_validation_result`.
        pictures: Result of `thumbnail_pictures`.
        params: Section `validate`, for the limits of the shortcut audit.
        provenance: Where the page comes from.
        cohort: The external cohort that was checked; None for the films of the source.

    Returns:
        HTML with its stylesheet and pictures inside; all text from the data is escaped.
    """
    page = paths.external_validation_html(cohort) if cohort else paths.VALIDATION_HTML
    context = {
        "site": site_links(page),
        "provenance": provenance,
        "cohort": cohort,
        "result": result,
        "pictures": pictures,
        "groups": RULE_GROUPS,
        "fewest_patients": FEWEST_GROUPS,
        "questions": _questions(result["shortcuts"]["rows"], params),
        "pair_sections": _pair_sections(result),
        "reasons": REASONS,
        "words": _words,
        "shown": _shown,
        "told": _told(result["rejected_causes"]),
        **_by_importance(result["expectations"]),
    }
    return render_template(_TEMPLATES, "validation.html.j2", context)


def _words(name: object) -> str:
    return str(name).removeprefix("n_").replace("_", " ")


def _shown(value: object) -> str:
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)


def _told(causes: Mapping[str, Sequence[_Row]]) -> dict[str, Sequence[_Row]]:
    """The causes of the reasons that say more than their code."""
    return {
        reason: mine
        for reason, mine in causes.items()
        if any(cause["detail"] for cause in mine)
        or (reason in REASONS and REASONS[reason].is_lost_film)
    }


def _by_importance(expectations: Sequence[_Row]) -> dict[str, list[_Row]]:
    """Expectations in reading order: errors that failed, warnings that failed, passed ones."""
    broken = [row for row in expectations if not row["passed"]]
    return {
        "failed": [row for row in broken if row["severity"] == "error"],
        "warnings": [row for row in broken if row["severity"] == "warning"],
        "passed": [row for row in expectations if row["passed"]],
    }


def _questions(rows: Sequence[_Row], params: ValidateParams) -> list[dict[str, Any]]:
    """The audit by question: its limit, the strongest feature of each family, and all rows."""
    found = []
    for (kind, label, against), mine in groupby(
        rows, key=lambda row: (row["question"], row["class"], row["against"])
    ):
        answers = list(mine)
        limit = params.max_shift_auroc if kind == SPLIT else params.max_shortcut_auroc
        families = [
            {
                "title": _FAMILY_TITLES[family],
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
                "title": f"The given test split of {label} against the rest of that class"
                if kind == SPLIT
                else f"{label} against {against}",
                "limit": limit,
                "families": families,
                "strongest": [_answer(row, limit) for row in strongest],
                "n_over": sum(row["auroc"]["value"] > limit for row in answers),
                "n_rows": len(answers),
            }
        )
    return found


def _answer(row: _Row, limit: float) -> dict[str, Any]:
    together = row["feature"] == TOGETHER
    return {
        "name": "All together" if together else FAMILIES[row["family"]][row["feature"]],
        "together": together,
        "over": row["auroc"]["value"] > limit,
        "auroc": row["auroc"],
        "words": row["words"],
    }


def _pair_sections(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    sections = []
    for kind, title in _KIND_TITLES.items():
        pairs = [_pair(row) for row in result["pairs"] if row["kind"] == kind]
        if pairs:
            sections.append({"title": title, "pairs": pairs, "n": result["n_pairs"][kind]})
    return sections


def _pair(row: _Row) -> dict[str, Any]:
    """A pair: its two films, and its faults in plain words."""
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
