"""Read the summaries of the models; models and baselines as rows of one table."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.atomic import read_json
from tasks.core.html.number_format import EstimateJson

logger = logging.getLogger(__name__)

_UNKNOWN: EstimateJson = {"value": None, "low": None, "high": None}
_TWO_SIDED = {
    "auroc": "AUROC",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "accuracy": "Accuracy",
    "calibration_error": "Calibration error",
}
_CLASSES = {  # means of the classes; accuracy is that of all films
    "auroc": "AUROC",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "accuracy": "Accuracy",
}


@dataclass(frozen=True)
class ComparisonRow:
    """Results of a model or a baseline on the test films.

    page: address of the model's page relative to the report; None for a baseline.
    estimates: by name of the metric; unknown estimates have null values.
    n_parameters: number of trained weights; None for a baseline.
    """

    name: str
    page: str | None
    estimates: Mapping[str, EstimateJson]
    n_parameters: int | None


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
    return [read_json(folder / f"{model}.json") for model in models]


def models_and_baselines(
    summaries: Sequence[Mapping[str, Any]], baselines: Sequence[Mapping[str, Any]]
) -> list[ComparisonRow]:
    """Models in the order of params.yaml, then the baselines.

    The rows are not sorted by their results: that would select a model on the test films.

    Args:
        summaries: Contents of `data/summaries/<model>.json`.
        baselines: Content of `reports/baselines.json`.
    """
    models = [
        ComparisonRow(
            name=summary["model"],
            page=summary["page"],
            estimates=_estimates(summary["evaluation"]),
            n_parameters=summary["description"]["n_parameters"],
        )
        for summary in summaries
    ]
    return models + [
        ComparisonRow(
            name=baseline["name"],
            page=None,
            estimates={
                name: baseline["test"].get(name, _UNKNOWN) for name in _TWO_SIDED | _CLASSES
            },
            n_parameters=None,
        )
        for baseline in baselines
    ]


def group_weaknesses(
    summaries: Sequence[Mapping[str, Any]],
) -> dict[str, list[Mapping[str, Any]]]:
    """Titles of the weaknesses, each with the summaries of the models that have it.

    Args:
        summaries: Contents of `data/summaries/<model>.json`.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for summary in summaries:
        for weakness in summary["weaknesses"]:
            found.setdefault(weakness["title"], []).append(summary)
    return found


def axis_start(rows: Sequence[ComparisonRow]) -> float:
    """Left end of the AUROC axis: 0.5, or less if an interval reaches below 0.5."""
    ends = [row.estimates["auroc"][end] for row in rows for end in ("value", "low")]
    lowest = min((end for end in ends if end is not None), default=0.5)
    return min(0.5, int(lowest * 10) / 10)


def metric_columns(summaries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Metrics of the comparison with their titles; means of the classes without a negative class.

    Args:
        summaries: Contents of `data/summaries/<model>.json`; all have the same negative class.
    """
    is_two_sided = summaries[0]["evaluation"]["negative_class"] is not None
    return _TWO_SIDED if is_two_sided else _CLASSES


def _estimates(evaluation: Mapping[str, Any]) -> dict[str, EstimateJson]:
    found = evaluation["test"]
    if evaluation["negative_class"] is None:
        view = evaluation["classes_view"]["test"]
        found = {**view["macro"], "accuracy": view["accuracy"]}
    return _of_any_column(found)


def _of_any_column(found: Mapping[str, Any]) -> dict[str, EstimateJson]:
    return {name: found.get(name) or _UNKNOWN for name in _TWO_SIDED | _CLASSES}
