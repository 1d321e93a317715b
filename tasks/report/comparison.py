"""Read the summaries of the networks; networks and trivial baselines as rows of tables."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.html.number_format import EstimateJson
from tasks.core.json_form import read_form
from tasks.core.result_forms import SUMMARY_FORM

logger = logging.getLogger(__name__)

_UNKNOWN: EstimateJson = {"value": None, "low": None, "high": None}
_TWO_SIDED = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "accuracy": "Accuracy",
    "calibration_error": "Calibration error",
}
_MEANS = {"precision": "Mean precision", "f1": "Mean F1", "accuracy": "Accuracy"}


@dataclass(frozen=True)
class ComparisonRow:
    """Results of a network or a baseline on the test films.

    page: address of the network's page relative to the report; None for a baseline.
    estimates: in the order of the columns; unknown estimates have null values.
    n_parameters: number of trained weights; None for a baseline.
    """

    name: str
    page: str | None
    estimates: Sequence[EstimateJson]
    n_parameters: int | None


@dataclass(frozen=True)
class ComparisonTable:
    """One view of the networks, such as “finding or not”.

    name: id on the page. columns: titles; the first is an AUROC, which is drawn on an axis from
    `axis_start` to 1. The second is a difference of AUROCs.
    networks: in the order of params.yaml. baselines: rows that no sorting moves.
    """

    name: str
    title: str
    columns: Sequence[str]
    networks: Sequence[ComparisonRow]
    baselines: Sequence[ComparisonRow]

    @property
    def axis_start(self) -> float:
        """Left end of the AUROC axis: 0.5, or less if an interval reaches below 0.5."""
        first = [row.estimates[0] for row in (*self.networks, *self.baselines)]
        ends = [one[end] for one in first for end in ("value", "low")]
        lowest = min((end for end in ends if end is not None), default=0.5)
        return min(0.5, int(lowest * 10) / 10)

    @property
    def axis_mark(self) -> float:
        """0.5, the AUROC of guessing, where its text has room on the axis; else 0, for no mark."""
        return 0.5 if self.axis_start < 0.35 else 0.0


def read_summaries(folder: Path, models: Sequence[str]) -> list[dict[str, Any]]:
    """Read one summary per model, and delete the summaries of models that were removed.

    DVC cannot name one dependency per model of a list, so `report` depends on the whole folder.
    Without the deletion, what a removed model left behind would change the hash of the folder.
    If the model returns, DVC restores its summary from the cache.

    Args:
        folder: `data/summaries`.
        models: `models` of params.yaml.

    Returns:
        Contents of `<model>.json`, in the order of `models`.
    """
    for path in sorted(folder.glob("*.json")):
        if path.stem not in models:
            path.unlink()
            logger.info("deleted %s: `models` in params.yaml does not name it", path)
    return [read_form(folder / f"{model}.json", SUMMARY_FORM) for model in models]


def strongest_baseline(baselines: Sequence[Mapping[str, Any]]) -> str | None:
    """Name of the baseline with the highest AUROC on test; None if no AUROC is defined.

    Args:
        baselines: Content of `reports/baselines.json`.
    """
    known = [one for one in baselines if one["test"]["auroc"]["value"] is not None]
    if not known:
        return None
    return str(max(known, key=lambda one: float(one["test"]["auroc"]["value"]))["name"])


def lead_over(model: str, baseline: str | None, comparison: Mapping[str, Any]) -> EstimateJson:
    """AUROC of a model less that of a baseline on the same test films, with its interval.

    Args:
        model: Name of the model.
        baseline: Name of the baseline. None: the result is unknown.
        comparison: Content of `reports/comparison.json`.
    """
    for row in comparison["baselines"]:
        if (row["model"], row["baseline"]) == (model, baseline):
            found: EstimateJson = row["auroc"]
            return found
    return _UNKNOWN


def comparison_tables(
    summaries: Sequence[Mapping[str, Any]],
    baselines: Sequence[Mapping[str, Any]],
    comparison: Mapping[str, Any],
) -> list[ComparisonTable]:
    """The views of the networks: finding or not, and each class.

    The rows are in the order of params.yaml, not of their results: that would select a network on
    the test films. Without a negative class there is no “finding or not”.

    Args:
        summaries: Contents of `data/summaries/<model>.json`.
        baselines: Content of `reports/baselines.json`.
        comparison: Content of `reports/comparison.json`.
    """
    strongest = strongest_baseline(baselines)
    leads = {one["model"]: lead_over(one["model"], strongest, comparison) for one in summaries}
    classes = _class_table(summaries, leads, baselines)
    if summaries[0]["evaluation"]["negative_class"] is None:
        return [classes]
    return [_finding_table(summaries, leads, baselines), classes]


def _finding_table(
    summaries: Sequence[Mapping[str, Any]],
    leads: Mapping[str, EstimateJson],
    baselines: Sequence[Mapping[str, Any]],
) -> ComparisonTable:
    networks = []
    for summary in summaries:
        test = summary["evaluation"]["test"]
        cells = [test["auroc"], leads[summary["model"]], *(test[name] for name in _TWO_SIDED)]
        networks.append(_network_row(summary, cells))
    rows = [_baseline_row(one, ["auroc", "lead", *_TWO_SIDED]) for one in baselines]
    columns = ["AUROC", "Lead", *_TWO_SIDED.values()]
    return ComparisonTable("finding", "Finding or not", columns, networks, rows)


def _class_table(
    summaries: Sequence[Mapping[str, Any]],
    leads: Mapping[str, EstimateJson],
    baselines: Sequence[Mapping[str, Any]],
) -> ComparisonTable:
    """Means of the classes, then the recall of each class.

    With a negative class, the baselines do not name classes, so they have no row here.
    """
    has_baselines = summaries[0]["evaluation"]["negative_class"] is None
    networks = []
    for summary in summaries:
        view = summary["evaluation"]["classes_view"]["test"]
        lead = [leads[summary["model"]]] if has_baselines else []
        means = [_mean(view, name) for name in _MEANS]
        recalls = [row["recall"] for row in view["per_class"]]
        networks.append(_network_row(summary, [view["macro"]["auroc"], *lead, *means, *recalls]))
    classes = summaries[0]["evaluation"]["classes_view"]["test"]["labels"]
    recall_titles = [f"Recall, {name}" for name in classes]
    lead_title = ["Lead"] if has_baselines else []
    columns = ["Mean AUROC", *lead_title, *_MEANS.values(), *recall_titles]
    names = ["auroc", *("lead" for _ in lead_title), *_MEANS, *recall_titles]
    rows = [_baseline_row(one, names) for one in baselines] if has_baselines else []
    return ComparisonTable("classes", "Each class", columns, networks, rows)


def _mean(view: Mapping[str, Any], name: str) -> EstimateJson:
    found: EstimateJson = view["accuracy"] if name == "accuracy" else view["macro"][name]
    return found or _UNKNOWN


def _network_row(summary: Mapping[str, Any], cells: Sequence[EstimateJson]) -> ComparisonRow:
    n_parameters = summary["description"]["n_parameters"]
    known = [cell or _UNKNOWN for cell in cells]
    return ComparisonRow(summary["model"], summary["page"], known, n_parameters)


def _baseline_row(baseline: Mapping[str, Any], names: Sequence[str]) -> ComparisonRow:
    cells = [baseline["test"].get(name) or _UNKNOWN for name in names]
    return ComparisonRow(baseline["name"], None, cells, None)
