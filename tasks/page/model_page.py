"""Render the page of one model, and summarise the model for the report that compares models."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core import paths
from tasks.core.film_defaults import settings_for
from tasks.core.hash_chain.sealed_page import chain_context, seal_page
from tasks.core.hash_chain.signing_key import signer_of
from tasks.core.html.inline_pictures import inline_png
from tasks.core.html.site_links import site_links
from tasks.core.html.templating import render_template
from tasks.core.params import Params
from tasks.core.trained_settings import trained_settings
from tasks.page.activation_section import activation_section
from tasks.page.case_inputs import CaseInputs
from tasks.page.case_section import case_section
from tasks.page.curve_points import roc_points
from tasks.page.explanation_grades_section import explanation_grades
from tasks.page.interactive_scripts import INTERACTIVE_SCRIPTS
from tasks.page.page_inputs import SPLIT_TITLES_ON_PAGE, PageInputs
from tasks.page.page_provenance import page_provenance
from tasks.page.page_text import finding_name, normal_name
from tasks.page.pair_summary import explained_films
from tasks.page.plots import plot_history
from tasks.page.sections.abroad_sections import adaptation_section, external_section
from tasks.page.sections.baseline_section import baseline_section
from tasks.page.sections.call_section import call_section
from tasks.page.sections.changed_film_sections import control_section, robustness_section
from tasks.page.sections.class_section import class_section
from tasks.page.sections.comparison_section import comparison_section
from tasks.page.sections.home_sections import (
    finding_section,
    operating_point_section,
    patient_section,
    prevalence_section,
)
from tasks.page.sections.page_section import Cell, PageSection, Plot, PlotData
from tasks.page.sections.score_section import scores_of
from tasks.page.sections.trial_section import trial_section
from tasks.page.sections.trust_sections import (
    abstention_section,
    calibration_section,
    novelty_section,
    subgroup_section,
)
from tasks.page.threshold_section import threshold_section
from tasks.page.weakness_rules.rule_list import find_weaknesses, silent_rules, verdict_sentence

_TEMPLATES = Path(__file__).parent / "templates"
Sections = tuple[Callable[[PageInputs], PageSection], ...]
_SECTIONS: Sections = (
    finding_section,
    operating_point_section,
    prevalence_section,
    class_section,
    patient_section,
    baseline_section,
    calibration_section,
    abstention_section,
    novelty_section,
    subgroup_section,
    control_section,
    robustness_section,
    external_section,
    adaptation_section,
    comparison_section,
    trial_section,
)
_TWO_SIDED = (operating_point_section, prevalence_section, patient_section)


def render_model_page(inputs: PageInputs, cases: CaseInputs, params: Params) -> str:
    """Render the page of one model as one HTML file. Equal inputs give an equal page.

    Args:
        inputs: From `tasks.page.page_inputs.load_page_inputs`.
        cases: From `tasks.page.case_inputs.load_case_inputs`.
        params: All parameters. The page shows those of training, and links to the other models.

    Raises:
        ChainError: The page shall be signed, and the key is not there.
        PictureError: A picture is not a PNG file.
        TrainingError: params.yaml states other settings than those of the training.
    """
    evaluation = inputs.evaluation
    stated = trained_settings(inputs.description, params, inputs.model)
    settings = settings_for(stated, is_synthetic=evaluation["is_synthetic"])
    results = find_weaknesses(inputs)
    context = {
        "model": inputs.model,
        "site": site_links(
            paths.page(inputs.model), params.models, sorted(params.evaluate.external)
        ),
        "provenance": page_provenance(inputs.model),
        "neighbours": neighbours_of(inputs.model, params.models),
        "is_synthetic": evaluation["is_synthetic"],
        "finding": finding_name(evaluation),
        "normal": normal_name(evaluation),
        "verdict": verdict_sentence(inputs),
        "weak": [one for one in results if one.is_weak],
        "passed": [one for one in results if not one.is_weak],
        "calls": call_section(inputs),
        "threshold": threshold_section(evaluation, inputs.films("test")),
        "sections": [section(inputs) for section in sections_of(evaluation)],
        "cases": case_section(inputs.model, evaluation, inputs.films("test"), cases),
        "grades": explanation_grades(inputs.grades, inputs.explanations),
        "activations": activation_section(paths.explanations(inputs.model)),
        "history_plots": history_plots(inputs),
        "description": inputs.description,
        "cohort": {SPLIT_TITLES_ON_PAGE[split]: n for split, n in inputs.cohort.items()},
        "patients_unknown": inputs.n_without_patient() == evaluation["test"]["n_images"],
        "contact_sheet": inline_png(inputs.contact_sheet),
        "preset": settings.augment.preset,
        "train_params": _flat(settings.model_dump()),
        **chain_context(inputs.links, params.report.public_key),
    }
    page = render_template(_TEMPLATES, "page.html.j2", context, INTERACTIVE_SCRIPTS)
    return seal_page(page, signer_of(params.report.public_key))


def sections_of(evaluation: Mapping[str, Any]) -> Sections:
    """Sections with the numbers; those on two sides only with a negative class."""
    is_two_sided = evaluation["negative_class"] is not None
    return tuple(one for one in _SECTIONS if is_two_sided or one not in _TWO_SIDED)


def neighbours_of(model: str, models: Sequence[str]) -> dict[str, str | None]:
    """Models before and after this one, in the order of params.yaml.

    Example:
        >>> neighbours_of("c", ["a", "b", "c"])
        {'previous': 'b', 'next': None}
    """
    place = models.index(model)
    return {
        "previous": models[place - 1] if place > 0 else None,
        "next": models[place + 1] if place + 1 < len(models) else None,
    }


def summarise_model(inputs: PageInputs) -> dict[str, Any]:
    """All that `report` needs of one model, as JSON values.

    Returns:
        `page` is relative to the folder of the report. `weaknesses` holds the result of every
        rule, weaknesses first, the most important first. `validation_films` holds columns of the
        predictions, for paired comparisons with other models; `test_films` those of the films that
        the report shows.
    """
    films = inputs.films("val").sort_values("image_id", ignore_index=True)
    is_two_sided = inputs.evaluation["negative_class"] is not None
    scores = ("positive", "prob_positive") if is_two_sided else ("label", "called_class")
    return {
        "model": inputs.model,
        "page": paths.page(inputs.model).name,
        "verdict": verdict_sentence(inputs),
        "weaknesses": [asdict(result) for result in find_weaknesses(inputs)],
        "silent_rules": silent_rules(inputs),
        "evaluation": dict(inputs.evaluation),
        "description": dict(inputs.description),
        "links": [asdict(link) for link in inputs.links],
        "validation_films": {
            name: films[name].tolist() for name in ("image_id", "group_id", *scores)
        },
        "explained": explained_films(inputs.explanations, paths.explanations(inputs.model)),
        "test_films": _test_films(inputs),
        "roc": _roc(inputs),
        "history": dict(inputs.history),
    }


def _test_films(inputs: PageInputs) -> dict[str, Any]:
    """Columns of the test films, sorted by film. `prob_positive` is null without two sides."""
    films = inputs.films("test").sort_values("image_id", ignore_index=True)
    found = {name: films[name].tolist() for name in ("image_id", "label", "called_class")}
    if inputs.evaluation["negative_class"] is not None:
        columns = ("outcome", "prob_positive")
        return found | {name: films[name].tolist() for name in columns}
    is_right = films["label"] == films["called_class"]
    outcome = is_right.map({True: "right", False: "wrong"}).tolist()
    return found | {"outcome": outcome, "prob_positive": [None] * len(films)}


def _roc(inputs: PageInputs) -> dict[str, list[list[float]]]:
    """Points of the ROC curve by split; none where a split has films of one side only."""
    if inputs.evaluation["negative_class"] is None:
        return {}
    found = {}
    for split, title in (("test", "test"), ("val", "validation")):
        films = inputs.films(split)
        if films["positive"].nunique() == 2:
            points = np.column_stack(roc_points(*scores_of(films)))
            found[title] = points.tolist()
    return found


def history_plots(inputs: PageInputs) -> dict[str, Plot]:
    """Loss and accuracy by epoch, as far as they were recorded."""
    plots = {}
    for name in ("loss", "accuracy"):
        lines = {
            label: inputs.history[f"{split}/{name}"]
            for split, label in (("train", "training"), ("eval", "validation"))
            if f"{split}/{name}" in inputs.history
        }
        if lines:
            drawing = plot_history(name.title(), lines, inputs.description["best_epoch"])
            n_epochs = min(len(values) for values in lines.values())
            rows: list[list[Cell]] = [
                [str(k + 1), *(values[k] for values in lines.values())] for k in range(n_epochs)
            ]
            plots[name] = Plot(drawing, name.title(), "", PlotData(("Epoch", *lines), rows))
    return plots


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested parameters by dotted name."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
