"""From the evidence of a model to its page."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from tasks.core.html.html import inline_png, render
from tasks.core.params import Params
from tasks.page.curves import Floats, calibration_bins, roc_points
from tasks.page.evidence import SPLIT_NAMES, Evidence
from tasks.page.gallery import view_filters, view_outcomes
from tasks.page.plots import draw_calibration, draw_roc, draw_scores, draw_training
from tasks.page.weaknesses import METRIC_NAMES, find_weaknesses
from tasks.page.words import finding_word, outcome_title, verdict

TEMPLATES = Path(__file__).parent / "templates"
MOST_ERRORS = 50  # rows of the table of errors


def render_page(evidence: Evidence, params: Params) -> str:
    """The page of one model: one HTML file, the same for the same evidence.

    Args:
        evidence: From `tasks.page.evidence.load_evidence`.
        params: All parameters; the page shows those of training.

    Raises:
        PictureError: A picture is no PNG.
    """
    metrics = evidence.metrics
    settings = params.train_of(evidence.model)
    findings = find_weaknesses(evidence)
    context = {
        "model": evidence.model,
        "synthetic": evidence.synthetic,
        "metrics": metrics,
        "test": metrics["test"],
        "operating_point": metrics["operating_point"],
        "finding": finding_word(metrics),
        "normal": metrics["negative_class"].lower(),
        "verdict": verdict(metrics),
        "weak": [finding for finding in findings if finding.weak],
        "sound": [finding for finding in findings if not finding.weak],
        "metric_names": METRIC_NAMES,
        "plots": draw_plots(evidence, params.page.n_calibration_bins),
        "calibration_bins": params.page.n_calibration_bins,
        "outcomes": view_outcomes(evidence.explanations, metrics, evidence.pictures_dir),
        "gradcam_layer": evidence.explanations["gradcam_layer"],
        "n_convolutions": len(evidence.explanations["conv_layers"]),
        "filters": view_filters(evidence.explanations, evidence.pictures_dir),
        "errors": [_error_table(evidence, outcome) for outcome in ("FN", "FP")],
        "contract": evidence.contract,
        "cohort": {SPLIT_NAMES[split]: counts for split, counts in evidence.cohort.items()},
        "contact_sheet": inline_png(evidence.contact_sheet),
        "preset": settings.augment.preset,
        "train_params": _flat(settings.model_dump()),
    }
    return render(TEMPLATES, "page.html.j2", context)


def draw_plots(evidence: Evidence, n_bins: int) -> dict[str, Markup]:
    """All plots of a model by name: roc, calibration, scores, and loss and accuracy if recorded."""
    metrics, test = evidence.metrics, evidence.test
    prob = test["prob_positive"].to_numpy(dtype=np.float64)
    raw = 1 - test[f"prob_{metrics['negative_class']}_raw"].to_numpy(dtype=np.float64)
    positive = test["positive"].to_numpy(dtype=bool)
    names = (f"{finding_word(metrics)} films", f"{metrics['negative_class'].lower()} films")
    plots = {
        "roc": draw_roc(
            {SPLIT_NAMES[split]: _roc(evidence, split) for split in ("test", "val")},
            _operating_point(evidence),
        ),
        "calibration": draw_calibration(
            calibration_bins(raw, positive, n_bins), calibration_bins(prob, positive, n_bins)
        ),
        "scores": draw_scores(prob, positive, metrics["operating_point"]["threshold"], names),
    }
    for name in ("loss", "accuracy"):
        curves = {
            label: evidence.curves[f"{split}/{name}"]
            for split, label in (("train", "training"), ("eval", "validation"))
            if f"{split}/{name}" in evidence.curves
        }
        if curves:
            plots[name] = draw_training(name.title(), curves, evidence.contract["best_epoch"])
    return plots


def _roc(evidence: Evidence, split: str) -> tuple[Floats, Floats]:
    films = evidence.predictions[evidence.predictions["split"] == split]
    return roc_points(
        films["prob_positive"].to_numpy(dtype=np.float64), films["positive"].to_numpy(dtype=bool)
    )


def _operating_point(evidence: Evidence) -> tuple[float, float] | None:
    test = evidence.metrics["test"]
    specificity, sensitivity = test["specificity"]["value"], test["sensitivity"]["value"]
    if specificity is None or sensitivity is None:
        return None
    return 1 - specificity, sensitivity


def _error_table(evidence: Evidence, outcome: str) -> dict[str, Any]:
    """Test films of one kind of error, the most confident mistakes first, and how many in all."""
    films = evidence.test
    films = films[films["outcome"] == outcome].sort_values(
        ["prob_positive", "path"], ascending=[outcome == "FN", True]
    )
    return {
        "outcome": outcome,
        "title": outcome_title(outcome, evidence.metrics),
        "n_films": len(films),
        "rows": _records(films.head(MOST_ERRORS)),
    }


def _records(films: pd.DataFrame) -> list[dict[str, Any]]:
    columns = ["path", "patient_id", "label", "prob_positive"]
    return [dict(zip(columns, row, strict=True)) for row in films[columns].to_numpy().tolist()]


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested parameters by dotted name."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
