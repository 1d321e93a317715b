import pytest

from tasks.page.page_inputs import PageInputs
from tasks.page.weakness_rules.number_rules import (
    auroc_gap,
    few_films,
    missing_outcomes,
    undefined_metrics,
    unknown_patients,
    wide_intervals,
)
from tests.evaluation_cases import PREDICTIONS, Json, evaluation_json, inputs_of
from tests.report_tables import estimate


def with_test_metrics(**metrics: Json) -> PageInputs:
    """Every metric has a narrow interval, except those that are given."""
    evaluation = evaluation_json()
    for name, value in evaluation["test"].items():
        if isinstance(value, dict) and "low" in value:
            evaluation["test"][name] = estimate(0.9, 0.86, 0.95)
    evaluation["test"] |= metrics
    return inputs_of(evaluation)


@pytest.mark.parametrize(
    ("validation", "is_weak"),
    [
        (estimate(0.95, 0.94, 0.96), True),  # 0.05 lower
        (estimate(0.92, 0.915, 0.925), False),  # 0.02; the interval of the test films reaches 0.95
        (estimate(0.92, None, None), False),
    ],
)
def test_auroc_that_falls_from_validation_to_test_is_weak(validation: Json, is_weak: bool) -> None:
    inputs = with_test_metrics()
    inputs.evaluation["validation"]["auroc"] = validation
    found = auroc_gap(inputs)
    assert found is not None
    assert found.is_weak is is_weak


def test_small_fall_that_is_no_chance_is_weak() -> None:
    inputs = with_test_metrics(auroc=estimate(0.98, 0.979, 0.981))
    inputs.evaluation["validation"]["auroc"] = estimate(0.99, 0.989, 0.991)
    found = auroc_gap(inputs)
    assert found is not None
    assert found.is_weak  # 0.01; hypot(0.001, 0.001) = 0.0014
    inputs.evaluation["validation"]["auroc"] = estimate(None, None, None)
    assert auroc_gap(inputs) is None


def test_intervals_wider_than_a_tenth_are_weak() -> None:
    narrow = wide_intervals(with_test_metrics())
    assert narrow is not None
    assert (narrow.is_weak, narrow.detail) == (
        False,
        "The widest 95 % interval on test spans 0.09.",
    )
    wide = wide_intervals(with_test_metrics(npv=estimate(0.9, 0.8, 0.95)))
    assert wide is not None
    assert (wide.is_weak, wide.number) == (True, "1 of 12")
    assert wide.detail.endswith("negative predictive value 0.80\N{EN DASH}0.95.")


def test_wide_log_loss_is_no_weakness() -> None:
    found = wide_intervals(with_test_metrics(log_loss=estimate(0.5, 0.1, 0.9)))
    assert found is not None
    assert not found.is_weak


def test_fewer_than_a_hundred_films_of_a_side_are_weak() -> None:
    found = few_films(inputs_of())
    assert (found.is_weak, found.title) == (True, "Only 65 test films with a finding")
    assert "65 with a finding, 99 without a finding" in found.detail
    evaluation = evaluation_json()
    evaluation["test"] |= {"n_images": 400, "n_positive": 200}
    assert not few_films(inputs_of(evaluation)).is_weak


def test_fewest_films_of_a_class_count_without_a_negative_class() -> None:
    evaluation = evaluation_json() | {"negative_class": None}
    found = few_films(inputs_of(evaluation))
    assert found.title == "Only 65 test films of PNEUMONIA"


def test_undefined_metrics_are_weak_and_named() -> None:
    found = undefined_metrics(with_test_metrics(ppv=estimate(None, None, None)))
    assert found is not None
    assert (found.is_weak, found.number) == (True, "1 of 13")
    assert found.detail.endswith("positive predictive value.")
    complete = undefined_metrics(with_test_metrics())
    assert complete is not None
    assert not complete.is_weak


def test_outcome_without_a_film_is_weak() -> None:
    assert not missing_outcomes(inputs_of()).is_weak
    found = missing_outcomes(inputs_of(explanations={"missing_outcomes": ["FN"]}))
    assert found.is_weak
    assert "Missed (false negatives): pneumonia called normal" in found.detail


def test_patients_that_nobody_knows_are_a_weakness() -> None:
    known = unknown_patients(inputs_of())
    assert (known.is_weak, known.number) == (False, "0 of 164 films")
    keys = "film:" + PREDICTIONS["image_id"].str[:16]
    found = unknown_patients(inputs_of(predictions=PREDICTIONS.assign(patient_id=keys)))
    assert found.is_weak
    assert found.title == "Patients unknown for 100 % of the test films: each film counted as one"
    assert found.number == "164 of 164 films"
