"""Render the page on what one model is good for and what not."""

from collections.abc import Callable
from pathlib import Path

from tasks.core import paths
from tasks.core.html.templating import render_template
from tasks.page.evaluation.abroad_sections import (
    adaptation_section,
    external_section,
)
from tasks.page.evaluation.changed_film_sections import control_section, robustness_section
from tasks.page.evaluation.class_section import class_section
from tasks.page.evaluation.collapsed_calls import collapse
from tasks.page.evaluation.comparison_section import comparison_section
from tasks.page.evaluation.error_cases import ErrorCase
from tasks.page.evaluation.evaluation_inputs import EvaluationInputs
from tasks.page.evaluation.home_sections import (
    finding_section,
    operating_point_section,
    patient_section,
    prevalence_section,
)
from tasks.page.evaluation.page_section import PageSection
from tasks.page.evaluation.trust_sections import (
    abstention_section,
    calibration_section,
    novelty_section,
    subgroup_section,
)
from tasks.page.evaluation.verdict import judge
from tasks.page.page_text import lead_sentence

_TEMPLATES = Path(__file__).parents[1] / "templates"
_SECTIONS: tuple[Callable[[EvaluationInputs], PageSection], ...] = (
    finding_section,
    operating_point_section,
    patient_section,
    prevalence_section,
    calibration_section,
    abstention_section,
    novelty_section,
    subgroup_section,
    control_section,
    robustness_section,
    external_section,
    adaptation_section,
    comparison_section,
)


def render_evaluation_page(inputs: EvaluationInputs, cases: list[ErrorCase]) -> str:
    """Render the page as one HTML file. Equal inputs give an equal page.

    Args:
        inputs: From `evaluation_inputs.load_evaluation_inputs`.
        cases: From `error_cases.view_errors`.
    """
    statements = judge(inputs)
    fallen = collapse(inputs.evaluation)
    groups = [
        (title, [one for one in statements if one.kind == kind])
        for kind, title in (
            ("bad", "What speaks against it"),
            ("good", "What it is good for"),
            ("open", "Good to know"),
        )
    ]
    context = {
        "model": inputs.model,
        "lead": lead_sentence(inputs.evaluation),
        "fallen": fallen,
        "is_synthetic": inputs.evaluation["is_synthetic"],
        "groups": [(title, found) for title, found in groups if found],
        "sections": [
            class_section(inputs.evaluation),
            *(section(inputs) for section in _SECTIONS),
        ],
        "cases": cases,
        "n_errors": len(inputs.errors["errors"]),
        "n_readings": inputs.n_readings,
        "index_page": f"../{paths.INDEX.name}",
        "model_page": f"../{paths.page(inputs.model).name}",
        "labels_page": f"../{paths.LABELS_HTML.name}",
    }
    return render_template(_TEMPLATES, "evaluation.html.j2", context)
