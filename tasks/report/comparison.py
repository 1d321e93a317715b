"""Models and trivial baselines as rows of one table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.core.html.html import Estimate

UNKNOWN: Estimate = {"value": None, "low": None, "high": None}
COLUMNS = ("auroc", "sensitivity", "specificity", "accuracy", "calibration_error")


@dataclass(frozen=True)
class Row:
    """One line of the comparison, on the test films.

    page: address of the model's page relative to the index; None for a baseline.
    estimates: by the names in `COLUMNS`; unknown ones have null values.
    n_parameters: trained numbers; None for a baseline.
    """

    name: str
    page: str | None
    estimates: Mapping[str, Estimate]
    n_parameters: int | None


def compare(summaries: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Models in the order of params.yaml, then each baseline once.

    The test split ranks nothing: a table sorted by its numbers would choose the model by it.

    Args:
        summaries: Contents of `data/summaries/<model>.json`.
    """
    rows = [
        Row(
            summary["model"],
            summary["page"],
            _estimates(summary["metrics"]["test"]),
            summary["contract"]["n_parameters"],
        )
        for summary in summaries
    ]
    return rows + _baselines(summaries)


def weak_in(summaries: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Each weakness once, by its title, with the summaries of the models that have it.

    Args:
        summaries: Contents of `data/summaries/<model>.json`.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for summary in summaries:
        for weakness in summary["weaknesses"]:
            found.setdefault(weakness["title"], []).append(summary)
    return found


def axis_start(rows: Sequence[Row]) -> float:
    """Left end of the AUROC axis: 0.5, or the tenth below the lowest interval."""
    ends = [row.estimates["auroc"][end] for row in rows for end in ("value", "low")]
    lowest = min((end for end in ends if end is not None), default=0.5)
    return min(0.5, int(lowest * 10) / 10)


def _baselines(summaries: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Equal baselines of several models become one row; unequal ones name their model."""
    by_name: dict[str, dict[str, tuple[str, Mapping[str, Any]]]] = {}
    for summary in summaries:
        for baseline in summary["metrics"]["baselines"]:
            content = json.dumps(baseline["test"], sort_keys=True)
            versions = by_name.setdefault(baseline["name"], {})
            versions.setdefault(content, (summary["model"], baseline["test"]))
    rows = []
    for name, versions in by_name.items():
        for model, test in versions.values():
            label = name if len(versions) == 1 else f"{name}, for {model}"
            rows.append(Row(label, None, _estimates(test), None))
    return rows


def _estimates(test: Mapping[str, Any]) -> dict[str, Estimate]:
    return {name: test.get(name, UNKNOWN) for name in COLUMNS}
