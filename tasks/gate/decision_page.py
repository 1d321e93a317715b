"""reports/gate.html: the decision first, then the numbers and rules that led to it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.html.site_links import site_links
from tasks.core.html.templating import render_template
from tasks.core.params import Params
from tasks.core.provenance import Provenance, collect_provenance

_TEMPLATES = Path(__file__).parent / "templates"
_KEYS = ("gate", "evaluate.external", "evaluate.n_bootstrap", "evaluate.seed", "ingest.source")


def render_decision(found: Mapping[str, Any], params: Params) -> str:
    """Render the page.

    Args:
        found: From `decide_on`.
        params: All sections.

    Returns:
        HTML that needs no network; all text from the data is escaped.
    """
    context = {
        "site": site_links(paths.GATE_HTML),
        "provenance": _provenance(found, params),
        "found": found,
        "tables": list(_tables(found)),
    }
    return render_template(_TEMPLATES, "gate.html.j2", context)


def _tables(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of gate.json, and what is known of the films, for each set of films."""
    for one in found["numbers"]["sets"]:
        title = "The test films" if one["is_test"] else f"External cohort {one['name']}"
        rows = [
            row
            | {"difference_estimate": _estimate(row["difference"], row["interval"] or (None, None))}
            for row in found["rows"]
            if row["films"] == one["name"]
        ]
        yield one | {"title": title, "rows": rows}


def _estimate(value: float | None, ends: Any) -> dict[str, float | None]:
    return {"value": value, "low": ends[0], "high": ends[1]}


def _provenance(found: Mapping[str, Any], params: Params) -> Provenance:
    """As on other pages; the page is made by a program, and from folders that DVC may not have."""
    names = [found[who] for who in ("challenger", "champion") if found[who]]
    inputs = [paths.SAMPLES, paths.VALIDATION_JSON, *(Path(one["folder"]) for one in names)]
    inputs += [paths.external_samples(name) for name in params.evaluate.external]
    known = collect_provenance("release", inputs, _KEYS)
    options = [f"--challenger {names[0]['folder']}"]
    options += [f"--champion {one['folder']}" for one in names[1:]]
    command = " ".join(["python -m tasks.gate", *options])
    return replace(known, commands=(*known.commands, command))
