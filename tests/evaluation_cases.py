"""Results of one model as `EvaluationInputs`, to be changed by a test."""

from typing import Any

import numpy as np

from tasks.page.evaluation.evaluation_inputs import EvaluationInputs
from tests.evaluation_results import more_of_evaluation
from tests.more_results import (
    LABELS,
    adaptation,
    around,
    comparison,
    error_book,
    external,
    robustness,
)
from tests.report_inputs import MODEL, baselines, evaluation_of, predict
from tests.report_tables import cohort_films

Json = dict[str, Any]


def evaluation_json() -> Json:
    """Content of evaluation.json with every key."""
    evaluation = evaluation_of(MODEL, predict(cohort_films(), np.random.default_rng(0)))
    return evaluation | more_of_evaluation(evaluation)


def inputs_of(evaluation: Json | None = None, **files: Any) -> EvaluationInputs:
    """All inputs of the page; `files` replaces some, such as `external={"cohorts": []}`."""
    evaluation = evaluation_json() if evaluation is None else evaluation
    found = {
        "baselines": baselines(),
        "external": external(evaluation),
        "adaptation": adaptation(),
        "robustness": robustness(),
        "errors": error_book(cohort_films()),
        "comparison": comparison(MODEL),
        "labels": LABELS,
        "n_readings": {MODEL: 3, "other": 1},
    }
    return EvaluationInputs(MODEL, evaluation, "c0ffee", **(found | files))


def at(value: float, reach: float = 0.02) -> Json:
    """A test metric with a narrow interval."""
    return around(value, reach)
