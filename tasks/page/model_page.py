"""Render the page of one model, and summarise the model for the report that compares models."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from tasks.core import paths
from tasks.core.html.inline_pictures import inline_png
from tasks.core.html.templating import render_template
from tasks.core.params import Params
from tasks.core.statistics.arrays import Bools, Floats
from tasks.page.curve_points import calibration_bins, roc_points
from tasks.page.evaluation.class_section import class_section
from tasks.page.explanation_views import view_filters, view_outcomes
from tasks.page.page_inputs import SPLIT_TITLES_ON_PAGE, PageInputs
from tasks.page.page_text import finding_name, lead_sentence, normal_name, outcome_title
from tasks.page.plots import plot_calibration, plot_history, plot_probabilities, plot_roc
from tasks.page.weaknesses import METRIC_TITLES, find_weaknesses

_TEMPLATES = Path(__file__).parent / "templates"
MOST_ERRORS = 50  # rows of the table of errors


def render_model_page(inputs: PageInputs, params: Params) -> str:
    """Render the page of one model as one HTML file. Equal inputs give an equal page.

    Args:
        inputs: From `tasks.page.page_inputs.load_page_inputs`.
        params: All parameters. The page shows those of training.

    Raises:
        PictureError: A picture is not a PNG file.
    """
    evaluation = inputs.evaluation
    settings = params.train_of(inputs.model)
    checks = find_weaknesses(inputs)
    context = {
        "model": inputs.model,
        "is_synthetic": evaluation["is_synthetic"],
        "evaluation": evaluation,
        "baselines": inputs.baselines,
        "test": evaluation["test"],
        "operating_point": evaluation["operating_point"],
        "finding": finding_name(evaluation),
        "normal": normal_name(evaluation),
        "is_two_sided": evaluation["negative_class"] is not None,
        "classes": class_section(evaluation),
        "evaluation_page": f"{inputs.model}/{paths.evaluation_page(inputs.model).name}",
        "lead": lead_sentence(evaluation),
        "weak": [check for check in checks if check.is_weak],
        "passed": [check for check in checks if not check.is_weak],
        "metric_titles": METRIC_TITLES,
        "plots": plot_results(inputs, params.page.n_calibration_bins),
        "calibration_bins": params.page.n_calibration_bins,
        "outcomes": view_outcomes(inputs.explanations, evaluation, inputs.pictures_dir),
        "gradcam_layer": inputs.explanations["gradcam_layer"],
        "n_convolutions": len(inputs.explanations["conv_layers"]),
        "filters": view_filters(inputs.explanations, inputs.pictures_dir),
        "errors": _error_tables(inputs),
        "description": inputs.description,
        "cohort": {SPLIT_TITLES_ON_PAGE[split]: n for split, n in inputs.cohort.items()},
        "contact_sheet": inline_png(inputs.contact_sheet),
        "preset": settings.augment.preset,
        "train_params": _flat(settings.model_dump()),
    }
    return render_template(_TEMPLATES, "page.html.j2", context)


def summarise_model(inputs: PageInputs) -> dict[str, Any]:
    """All that `report` needs of one model, as JSON values.

    Returns:
        `page` is relative to the folder of the report. `weaknesses` holds `title` and `detail`
        of each weakness, the most important first. `validation_films` holds columns of the
        predictions, for paired comparisons with other models.
    """
    films = inputs.films("val").sort_values("image_id", ignore_index=True)
    is_two_sided = inputs.evaluation["negative_class"] is not None
    scores = ("positive", "prob_positive") if is_two_sided else ("label", "called_class")
    return {
        "model": inputs.model,
        "page": paths.page(inputs.model).name,
        "evaluation_page": f"{inputs.model}/{paths.evaluation_page(inputs.model).name}",
        "verdict": lead_sentence(inputs.evaluation),
        "weaknesses": [
            {"title": check.title, "detail": check.detail}
            for check in find_weaknesses(inputs)
            if check.is_weak
        ],
        "evaluation": dict(inputs.evaluation),
        "description": dict(inputs.description),
        "validation_films": {
            name: films[name].tolist() for name in ("image_id", "group_id", *scores)
        },
    }


def plot_results(inputs: PageInputs, n_bins: int) -> dict[str, Markup]:
    """All plots of a model, by name: roc, calibration, scores; loss and accuracy if recorded.

    Without a negative class there are only the plots of training.
    """
    if inputs.evaluation["negative_class"] is None:
        return _history_plots(inputs)
    evaluation, films = inputs.evaluation, inputs.films("test")
    prob, positive = _scores(films)
    uncalibrated = 1 - films[f"prob_{evaluation['negative_class']}_raw"].to_numpy(dtype=np.float64)
    names = (f"{finding_name(evaluation)} films", f"{normal_name(evaluation)} films")
    threshold = evaluation["operating_point"]["threshold"]
    curves = {
        SPLIT_TITLES_ON_PAGE[split]: roc_points(*_scores(inputs.films(split)))
        for split in ("test", "val")
    }
    plots = {
        "roc": plot_roc(curves, _operating_point(inputs)),
        "calibration": plot_calibration(
            calibration_bins(uncalibrated, positive, n_bins),
            calibration_bins(prob, positive, n_bins),
        ),
        "scores": plot_probabilities(prob, positive, threshold, names),
    }
    return plots | _history_plots(inputs)


def _history_plots(inputs: PageInputs) -> dict[str, Markup]:
    """Loss and accuracy by epoch, as far as they were recorded."""
    plots = {}
    for name in ("loss", "accuracy"):
        lines = {
            label: inputs.history[f"{split}/{name}"]
            for split, label in (("train", "training"), ("eval", "validation"))
            if f"{split}/{name}" in inputs.history
        }
        if lines:
            plots[name] = plot_history(name.title(), lines, inputs.description["best_epoch"])
    return plots


def _scores(films: pd.DataFrame) -> tuple[Floats, Bools]:
    """Probability of a finding, and whether there is a finding."""
    return (
        films["prob_positive"].to_numpy(dtype=np.float64),
        films["positive"].to_numpy(dtype=bool),
    )


def _operating_point(inputs: PageInputs) -> tuple[float, float] | None:
    """False-alarm rate and sensitivity on the test films; None if one is undefined."""
    test = inputs.evaluation["test"]
    specificity, sensitivity = test["specificity"]["value"], test["sensitivity"]["value"]
    if specificity is None or sensitivity is None:
        return None
    return 1 - specificity, sensitivity


def _error_tables(inputs: PageInputs) -> list[dict[str, Any]]:
    """Test films with a wrong call by kind of error, the most confident errors first."""
    if inputs.evaluation["negative_class"] is None:
        films = inputs.films("test")
        return [_error_table(_with_probability(films[films["label"] != films["called_class"]]))]
    tables = []
    for outcome in ("FN", "FP"):
        films = inputs.films("test").rename(columns={"prob_positive": "prob"})
        films = films[films["outcome"] == outcome]
        films = films.sort_values(["prob", "path"], ascending=[outcome == "FN", True])
        tables.append(_error_table(films, outcome_title(outcome, inputs.evaluation)))
    return tables


def _with_probability(films: pd.DataFrame) -> pd.DataFrame:
    """Films with the probability of their called class, the highest first."""
    prob = [film[f"prob_{film['called_class']}"] for film in films.to_dict("records")]
    return films.assign(prob=prob).sort_values(["prob", "path"], ascending=[False, True])


def _error_table(films: pd.DataFrame, title: str = "Called another class") -> dict[str, Any]:
    names = ("path", "patient_id", "label", "called_class", "prob")
    columns = [name for name in names if name in films]
    rows = films[columns].head(MOST_ERRORS).to_dict("records")
    return {"title": title, "n_films": len(films), "rows": rows}


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested parameters by dotted name."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
