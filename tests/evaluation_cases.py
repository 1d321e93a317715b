"""Results of one model as `PageInputs`, to be changed by a test."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tasks.page.page_inputs import PageInputs
from tests.evaluation_results import more_of_evaluation
from tests.more_results import (
    LABELS,
    adaptation,
    around,
    comparison,
    external,
    grades,
    robustness,
)
from tests.report_inputs import MODEL, baselines, description_of, evaluation_of, predict
from tests.report_tables import cohort_films

Json = dict[str, Any]
METHODS = {"grad_cam": "Grad-CAM", "lime": "LIME"}
EXPLANATIONS = {
    "missing_outcomes": [],
    "methods": [{"name": name, "title": title} for name, title in METHODS.items()],
}
PREDICTIONS = predict(cohort_films(), np.random.default_rng(0))


def evaluation_json() -> Json:
    """Content of evaluation.json with every key."""
    evaluation = evaluation_of(MODEL, PREDICTIONS)
    return evaluation | more_of_evaluation(evaluation)


def inputs_of(evaluation: Json | None = None, **files: Any) -> PageInputs:
    """All inputs of the page; `files` replaces some, such as `external={"cohorts": []}`."""
    evaluation = evaluation_json() if evaluation is None else evaluation
    inputs = PageInputs(
        model=MODEL,
        evaluation=evaluation,
        contract_sha256="c0ffee",
        external=external(evaluation),
        adaptation=adaptation(),
        robustness=robustness(),
        baselines=baselines(),
        comparison=comparison(MODEL),
        labels=LABELS,
        n_readings={MODEL: 3, "other": 1},
        description=description_of(MODEL),
        predictions=PREDICTIONS,
        cohort={},
        history={},
        links=(),
        explanations=EXPLANATIONS,
        grades=grades(),
        contact_sheet=Path(),
    )
    return replace(inputs, **files)


def at(value: float, reach: float = 0.02) -> Json:
    """A test metric with a narrow interval."""
    return around(value, reach)
