import pytest

from tasks.page.weakness_rules.trust_rules import (
    foreign_films,
    label_errors,
    promised_coverage,
    worst_subgroup,
)
from tests.evaluation_cases import evaluation_json, inputs_of
from tests.more_results import LABELS, around, external
from tests.report_tables import estimate


def test_class_whose_sets_miss_the_promise_is_named() -> None:
    evaluation = evaluation_json()
    for row in evaluation["abstention"]["per_class"]:
        row["expected"] = {"low": 0.84, "high": 0.96}
    kept = promised_coverage(inputs_of(evaluation))
    assert kept is not None
    assert not kept.is_weak
    evaluation["abstention"]["per_class"][1]["coverage"] = estimate(0.8, 0.72, 0.87)
    missed = promised_coverage(inputs_of(evaluation))
    assert missed is not None
    assert missed.is_weak
    text = (
        "PNEUMONIA on test 0.80 (95 % interval 0.72\N{EN DASH}0.87), expected 0.84\N{EN DASH}0.96"
    )
    assert text in missed.detail
    assert "NORMAL on test" not in missed.detail


def test_few_validation_films_explain_a_low_coverage() -> None:
    evaluation = evaluation_json()
    # 40 validation films: the promise of 0.9 is kept by an observed share of 0.77 as well
    for row in evaluation["abstention"]["per_class"]:
        row |= {"coverage": estimate(0.79, 0.69, 0.885), "expected": {"low": 0.766, "high": 1.0}}
    found = promised_coverage(inputs_of(evaluation))
    assert found is not None
    assert not found.is_weak
    assert found.title.startswith("Its sets of classes are within chance of their promise: NORMAL")


def test_listed_labels_are_not_called_wrong() -> None:
    found = label_errors(inputs_of())
    assert found is not None
    assert (found.is_weak, found.title) == (False, "12 labels worth a second look")
    assert "on 12 of 814 films" in found.detail
    assert "Many of these labels are right" in found.detail


def test_foreign_films_that_pass_are_named() -> None:
    found = foreign_films(inputs_of())
    assert found is not None
    assert found.title == "Does not notice 1 of 2 kinds of foreign films: films upside down"
    assert "photographs 0.95 (95 % interval" in found.detail


def test_films_of_other_hospitals_that_pass_are_counted_too() -> None:
    cohorts = external(evaluation_json())
    cohorts["cohorts"][0]["abstention"] = {"novelty": {"flagged": around(0.45)}, "per_class": []}
    found = foreign_films(inputs_of(external=cohorts))
    assert found is not None
    assert "; of covid-mini: 0.45 (95 % interval 0.41" in found.detail


def test_group_is_worse_only_after_the_correction() -> None:
    evaluation = evaluation_json()
    found = worst_subgroup(inputs_of(evaluation))
    assert found is not None
    assert found.title.startswith("No group is shown to be worse; lowest: virus, sensitivity 0.91")
    assert "virus: sensitivity 0.91" in found.detail
    assert "22 films of 20 patients (a small group)" in found.detail
    evaluation["subgroups"][0] |= {"p": 0.001, "p_corrected": 0.004}
    worse = worst_subgroup(inputs_of(evaluation))
    assert worse is not None
    assert worse.is_weak
    assert worse.title.startswith("Worse in 1 of 2 groups, most in virus: sensitivity 0.91")


def test_labels_that_nobody_audited_are_a_weakness() -> None:
    found = label_errors(inputs_of(labels=LABELS | {"gap": "two patients are too few"}))
    assert (found.is_weak, found.number) == (True, "not audited")


@pytest.mark.parametrize(
    ("sensitivity", "is_weak"),
    [
        (estimate(0.9, 0.85, 0.94), True),  # the whole interval lies below 62 / 65 = 0.954
        (estimate(0.85, 0.4, 1.0), True),  # 0.104 lower, with any interval
        (estimate(0.9, 0.77, 1.0), False),  # within chance
        (estimate(1.0, 0.93, 0.9999999), False),
        (estimate(None, None, None), False),
    ],
)
def test_low_group_is_weak_and_may_be_chance(sensitivity: dict[str, float], is_weak: bool) -> None:
    evaluation = evaluation_json()
    evaluation["subgroups"][0]["sensitivity"] = sensitivity
    found = worst_subgroup(inputs_of(evaluation))
    assert found is not None
    assert found.is_weak is is_weak
    assert found.title.startswith("Low in 1 of 2 groups, perhaps by chance") is is_weak
