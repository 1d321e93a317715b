"""One model on one external cohort."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tasks.core.decision.decision import Decision
from tasks.core.params import EvaluateParams
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.abstention import evaluate_abstention
from tasks.evaluate.calibration_report import report_calibration
from tasks.evaluate.evaluation import evaluate_films, main_estimates
from tasks.evaluate.external.threshold_shift import threshold_shift
from tasks.evaluate.external.unlikeness import SeenFilms, measure_unlikeness

_PARTS = ("evaluation", "calibration", "abstention", "threshold_shift", "unlikeness")


@dataclass(frozen=True)
class Cohort:
    """A cohort as `resample-external` describes it, and its films; None if it has none.

    summary: content of `cohort.json`.
    """

    summary: Mapping[str, Any]
    films: SeenFilms | None


def without_truth(samples: pd.DataFrame, summary: Mapping[str, Any]) -> pd.DataFrame:
    """The films, without their labels if the cohort is a gap: no metric may come from them."""
    if summary["status"] == "judged":
        return samples
    nothing = pd.array([None] * len(samples), dtype="Int32")
    return samples.assign(label=None, class_index=nothing)


def evaluate_cohort(
    cohort: Cohort, home: SeenFilms, decision: Decision, params: EvaluateParams
) -> dict[str, Any]:
    """Everything about one cohort, in `external.json`.

    A gap has no metrics. Its films, if any, are still described by what needs no label: the
    threshold that calls the same share, the shares of referred and novel films, and the unlikeness.

    Args:
        cohort: The cohort.
        home: Validation films at home.
        decision: What validation decided; it is used as it stands.
        params: Section `evaluate`.

    Returns:
        `name`, `status`, `gap`, `classes`, `counts`, `notes`, then `evaluation` (see
        `evaluate_films`), `operating_points` (by name: `threshold`, `rule`, `chosen`, and the
        metrics there as `cohort`), `calibration`, `abstention`, `threshold_shift`, `unlikeness`;
        each None, or empty, where it is undefined.
    """
    summary = cohort.summary
    found: dict[str, Any] = {
        name: summary[name] for name in ("name", "status", "gap", "classes", "counts", "notes")
    }
    found |= {"operating_points": {}, **dict.fromkeys(_PARTS)}
    if cohort.films is None:
        return found
    films = cohort.films.table
    resamples = resample_patients(films["group_id"], params.n_bootstrap, params.seed)
    found["abstention"] = evaluate_abstention(films, decision, params)
    found["threshold_shift"] = threshold_shift(films, home.table, decision)
    found["unlikeness"] = measure_unlikeness(home, cohort.films, resamples)
    if summary["status"] == "judged":
        evaluation = evaluate_films(films, decision, params)
        points = evaluation.pop("operating_points")
        found["evaluation"] = evaluation
        found["operating_points"] = _points(points, decision)
        found["calibration"] = report_calibration(films, decision, params)
    return found


def _points(of_cohort: Mapping[str, Any], decision: Decision) -> dict[str, Any]:
    points = decision.points_by_name()
    return {name: facts | {"cohort": of_cohort[name]} for name, facts in points.items()}


def cohort_metrics(found: Mapping[str, Any]) -> dict[str, dict[str, float]] | None:
    """Main numbers of one judged cohort for `metrics.json`; None for a gap."""
    evaluation = found["evaluation"]
    if evaluation is None:
        return None
    return main_estimates(evaluation, evaluation["classes_view"])


def cohort_line(found: Mapping[str, Any]) -> str:
    """One cohort in a line of the log."""
    if found["evaluation"] is None:
        return f"{found['name']}: no metrics: {found['gap']}"
    numbers = [
        f"{name} {estimate['value']:.3f}"
        for name, estimate in (cohort_metrics(found) or {}).items()
        if "value" in estimate
    ]
    return f"{found['name']}: {', '.join(numbers)} on {found['evaluation']['n_images']} films"
