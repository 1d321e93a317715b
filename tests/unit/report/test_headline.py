import numpy as np

from tasks.report.headline import headline
from tests.report_inputs import MODEL, evaluation_of, predict
from tests.report_tables import cohort_films, estimate


def test_headline_gives_films_metrics_and_intervals() -> None:
    evaluation = evaluation_of(MODEL, predict(cohort_films(), np.random.default_rng(0)))
    evaluation["test"]["specificity"] = estimate(None, None, None)

    lines = headline(evaluation)

    assert lines == [
        "minivggnet on 164 synthetic test films of 133 patients:",
        "  auroc        0.972  (95 % interval 0.947 to 0.988)",
        "  sensitivity  0.954  (95 % interval 0.894 to 0.974)",
        "  specificity  undefined  (95 % interval undefined to undefined)",
        "  accuracy     0.909  (95 % interval 0.861 to 0.951)",
    ]


def test_headline_of_real_films_does_not_say_synthetic() -> None:
    evaluation = evaluation_of(MODEL, predict(cohort_films(), np.random.default_rng(0)))
    assert "synthetic" not in headline(evaluation | {"is_synthetic": False})[0]
