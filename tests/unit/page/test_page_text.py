import numpy as np

from tasks.page.page_text import lead_sentence, outcome_title, point_text
from tests.report_inputs import MODEL, evaluation_of, predict
from tests.report_tables import cohort_films, estimate


def test_lead_gives_counts_and_intervals() -> None:
    evaluation = evaluation_of(MODEL, predict(cohort_films(), np.random.default_rng(0)))
    evaluation["test"]["n_patients"] = 130
    evaluation["test"]["sensitivity"] = estimate(62 / 65, 0.89, 0.99)
    evaluation["test"]["specificity"] = estimate(None, None, None)
    assert lead_sentence(evaluation) == (
        "On 164 test films of 130 patients, minivggnet found 62 of 65 pneumonia films "
        "(sensitivity 0.95, 95 % interval 0.89\N{EN DASH}0.99) and raised a false alarm on 12 "
        "of 99 normal films (specificity undefined)."
    )


def test_several_positive_classes_are_joined() -> None:
    evaluation = {"classes": ["COVID", "NORMAL", "VIRAL PNEUMONIA"], "negative_class": "NORMAL"}
    title = outcome_title("FN", evaluation)
    assert title == "Missed (false negatives): covid or viral pneumonia called normal"


def test_patients_that_nobody_knows_are_not_counted() -> None:
    evaluation = evaluation_of(MODEL, predict(cohort_films(), np.random.default_rng(0)))
    lead = lead_sentence(evaluation, n_without_patient=164)
    assert lead.startswith(
        "On 164 test films (patients unknown: each film counted as one), minivggnet found"
    )
    assert "patients, minivggnet" not in lead
    some = lead_sentence(evaluation, n_without_patient=4)
    assert some.startswith("On 164 test films (the patient of 4 is unknown: each of these counted")


def test_choice_of_the_threshold_is_a_sentence() -> None:
    alone = {"rule": "validation", "conditions": [{}]}
    point = {
        **{"target_sensitivity": 0.97, "chosen_on": "validation", "rule": "highest sum"},
        "threshold_on": alone,
    }
    assert point_text(point) == (
        "The threshold is the highest that still finds 97 % of the validation films with a finding."
    )
    chosen = point_text(point | {"target_sensitivity": None})
    assert chosen == "The threshold was chosen on the validation films: highest sum."
    for rule, words in (("mean", "on average over"), ("worst", "in each of")):
        choice = {"rule": f"conditions_{rule}", "conditions": [{}] * 9}
        assert point_text(point | {"threshold_on": choice}).endswith(
            f"of the validation films with a finding, {words} 9 conditions of these films."
        )
