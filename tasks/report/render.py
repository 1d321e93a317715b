"""From counts, gate and summaries to `reports/index.html`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.html.html import render
from tasks.core.params import Params
from tasks.report.comparison import axis_start, compare, weak_in
from tasks.report.film_flow import FilmFlow, flow_steps
from tasks.report.framing import Framing
from tasks.report.ranking import Place

TEMPLATES = Path(__file__).parent / "templates"
KERMANY_LAYOUTS = {"mooney", "dincer"}  # the folder trees of the paediatric set on Kaggle


def render_index(
    flow: FilmFlow,
    gate: Mapping[str, Any],
    framing: Framing,
    summaries: Sequence[Mapping[str, Any]],
    places: Sequence[Place],
    params: Params,
) -> str:
    """The page that compares the models: one HTML file, the same for the same arguments.

    Args:
        flow: Counts of films, already checked.
        gate: Content of `reports/validation.json`.
        framing: What the networks see.
        summaries: Content of `data/summaries/<model>.json`, in the order of params.yaml.
        places: The models, ranked on validation.
        params: All parameters.
    """
    rows = compare(summaries)
    expectations = gate["expectations"]
    context = {
        "title": params.report.title,
        "synthetic": params.ingest.is_synthetic,
        "kermany": not KERMANY_LAYOUTS.isdisjoint(flow.layouts),
        "summaries": summaries,
        "weak_in": weak_in(summaries),
        "rows": rows,
        "axis_start": axis_start(rows),
        "places": places,
        "flow": flow,
        "steps": flow_steps(flow),
        "gate": gate,
        "framing": framing,
        "n_held": sum(1 for expectation in expectations if expectation["passed"]),
        "unmet": sorted(
            (expectation for expectation in expectations if not expectation["passed"]),
            key=lambda expectation: str(expectation["severity"]),  # error before warning
        ),
        "validation_page": paths.VALIDATION_HTML.name,
    }
    return render(TEMPLATES, "index.html.j2", context)
