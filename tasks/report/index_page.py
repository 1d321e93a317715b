"""Render `reports/index.html`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.html.templating import render_template
from tasks.report.comparison import (
    axis_start,
    group_weaknesses,
    metric_columns,
    models_and_baselines,
)
from tasks.report.film_flow import FilmFlow, flow_steps
from tasks.report.network_input import NetworkInputView
from tasks.report.ranking import RankedModel

_TEMPLATES = Path(__file__).parent / "templates"
_KERMANY_LAYOUTS = {"mooney", "dincer"}  # folder layouts of the paediatric set on Kaggle


@dataclass(frozen=True)
class IndexInputs:
    """Content of the page.

    flow: counts of films, checked. gate: content of `reports/validation.json`.
    summaries: contents of `data/summaries/<model>.json`, in the order of params.yaml.
    baselines: content of `reports/baselines.json`. ranking: models in the order of validation.
    n_readings: how often the test films have been read, by any model.
    """

    flow: FilmFlow
    gate: Mapping[str, Any]
    network_input: NetworkInputView
    summaries: Sequence[Mapping[str, Any]]
    baselines: Sequence[Mapping[str, Any]]
    ranking: Sequence[RankedModel]
    n_readings: int


def render_index(inputs: IndexInputs, title: str) -> str:
    """Render the page as one HTML file. Equal inputs give an equal page.

    Args:
        inputs: Content of the page.
        title: Heading of the page, `report.title`.
    """
    rows = models_and_baselines(inputs.summaries, inputs.baselines)
    expectations = inputs.gate["expectations"]
    failed = [expectation for expectation in expectations if not expectation["passed"]]
    context = {
        "title": title,
        "is_synthetic": inputs.flow.is_synthetic,
        "is_kermany": not _KERMANY_LAYOUTS.isdisjoint(inputs.flow.layouts),
        "summaries": inputs.summaries,
        "weaknesses": group_weaknesses(inputs.summaries),
        "rows": rows,
        "columns": metric_columns(inputs.summaries),
        "is_two_sided": inputs.summaries[0]["evaluation"]["negative_class"] is not None,
        "n_readings": inputs.n_readings,
        "labels_page": paths.LABELS_HTML.name,
        "axis_start": axis_start(rows),
        "ranking": inputs.ranking,
        "flow": inputs.flow,
        "steps": flow_steps(inputs.flow),
        "gate": inputs.gate,
        "view": inputs.network_input,
        "n_passed": len(expectations) - len(failed),
        "failed": sorted(failed, key=lambda one: str(one["severity"])),  # error before warning
        "validation_page": paths.VALIDATION_HTML.name,
    }
    return render_template(_TEMPLATES, "index.html.j2", context)
