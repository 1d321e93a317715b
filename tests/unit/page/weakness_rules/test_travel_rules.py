import pytest

from tasks.page.weakness_rules.travel_rules import (
    change_of,
    cohorts_abroad,
    left_without_lungs,
    threshold_on_test,
)
from tests.evaluation_cases import at, evaluation_json, inputs_of
from tests.more_results import around, external, robustness
from tests.report_tables import estimate

NOTHING = estimate(None, None, None)


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        # Both intervals reach 0.04 to each side, so that of the difference reaches 0.057
        (around(0.90), around(0.96), "fell"),  # -0.117 to -0.003
        (around(0.92), around(0.96), "held"),  # -0.097 to 0.017
        (around(0.91), around(0.95), "held"),
        (around(0.90), around(0.95), "unknown"),  # -0.107 to 0.007
        (around(0.70, 0.2), around(0.90, 0.1), "unknown"),  # 0.2 lower, but few films
        (around(0.99, 0.01), around(0.90), "held"),
        (NOTHING, around(0.9), "unknown"),
        (estimate(0.2, None, None), around(0.9), "unknown"),
    ],
)
def test_metric_fell_or_held_only_as_far_as_its_intervals_say(
    new: dict[str, float], old: dict[str, float], expected: str
) -> None:
    assert change_of(new, old) == expected


def test_few_films_are_no_proof_that_the_operating_point_holds() -> None:
    evaluation = evaluation_json()
    for name in ("sensitivity", "specificity"):
        evaluation["validation"][name] = at(0.9)
        evaluation["test"][name] = at(0.9)
    held = threshold_on_test(inputs_of(evaluation))
    evaluation["test"]["sensitivity"] = around(0.9, 0.1)
    few = threshold_on_test(inputs_of(evaluation))
    assert held is not None
    assert few is not None
    assert (held.is_weak, held.title) == (False, "The operating point holds on test")
    assert "exclude a fall of 0.10" in held.detail
    assert (few.is_weak, few.title) == (
        False,
        "Too few films to say that the operating point holds on test",
    )


def test_small_cohort_is_not_said_to_travel_and_not_to_fail() -> None:
    evaluation = evaluation_json()
    cohorts = external(evaluation)
    there = cohorts["cohorts"][0]["evaluation"]
    for name in ("auroc", "sensitivity", "specificity"):
        evaluation["test"][name], there[name] = at(0.95, 0.01), around(0.8, 0.2)
    few = cohorts_abroad(inputs_of(evaluation, external=cohorts))[0]
    assert (few.is_weak, few.title) == (
        False,
        "covid-mini: too few films to say whether it travels",
    )
    for name in ("auroc", "sensitivity", "specificity"):
        there[name] = at(0.95, 0.01)
    held = cohorts_abroad(inputs_of(evaluation, external=cohorts))[0]
    assert (held.is_weak, held.title) == (False, "It travels to covid-mini")


def test_operating_point_that_does_not_hold_on_test_names_the_metric() -> None:
    evaluation = evaluation_json()
    evaluation["validation"]["specificity"] = around(0.9)
    evaluation["test"]["specificity"] = around(0.6)
    found = threshold_on_test(inputs_of(evaluation))
    assert found is not None
    assert found.title == ("The operating point does not hold on test: specificity falls by 0.30")
    assert "0.90 (95 % interval 0.86\N{EN DASH}0.94) on validation and 0.60" in found.detail


def test_cohort_is_compared_with_home_and_a_gap_says_why() -> None:
    judged, gap = cohorts_abroad(inputs_of())
    # 87 of 99 at home
    assert judged.title == "It does not travel to covid-mini: specificity falls by 0.28"
    assert "specificity 0.60 (95 % interval 0.56\N{EN DASH}0.64), at home 0.88" in judged.detail
    assert judged.detail.endswith("The threshold would have to fall by 0.5 logits.")
    assert (gap.is_weak, gap.detail) == (True, "No film of the cohort has a label.")


def test_two_metrics_fall() -> None:
    cohorts = external(evaluation_json())
    cohorts["cohorts"][0]["evaluation"]["sensitivity"] = around(0.3)
    judged = cohorts_abroad(inputs_of(external=cohorts))[0]
    assert judged.title == (
        "It does not travel to covid-mini: sensitivity falls by 0.65 and specificity falls by 0.28"
    )


def test_cohort_of_one_class_is_not_praised() -> None:
    cohorts = external(evaluation_json())
    cohorts["cohorts"][0]["evaluation"] |= {"specificity": NOTHING, "auroc": NOTHING}
    judged = cohorts_abroad(inputs_of(external=cohorts))[0]
    assert (judged.is_weak, judged.title) == (False, "covid-mini: not all is computable")
    assert "AUROC not computable, at home 0.97" in judged.detail


def test_without_cohorts_nothing_is_known_about_other_hospitals() -> None:
    (found,) = cohorts_abroad(inputs_of(external={"cohorts": []}))
    assert (found.rule, found.is_weak, found.title) == (
        "external",
        True,
        "Other hospitals: not known",
    )


@pytest.mark.parametrize(
    ("auroc", "start"),
    [
        (around(0.84), "Decides"),  # 0.34 / 0.472 = 72 % of what it has above chance
        (around(0.6), "A part"),  # 21 %, interval above 0.5
        (around(0.52), "Guesses"),  # the interval holds 0.5
        (around(0.16), "Decides"),  # the wrong way round tells the classes apart as well
        (around(0.4), "A part"),
        (estimate(0.52, None, None), "Too few"),  # too few patients
    ],
)
def test_shortcut_is_judged_by_what_is_left_without_lungs(
    auroc: dict[str, float], start: str
) -> None:
    found = robustness()
    found["controls"] = [found["controls"][0] | {"auroc": auroc}]
    statement = left_without_lungs(inputs_of(robustness=found))
    assert statement is not None
    assert statement.title.startswith(start)
    assert statement.is_weak is (start in ("Decides", "A part"))
    assert "on films with the lungs blanked (left: corners and border)" in statement.detail


def test_thumbnail_is_no_control_without_lungs() -> None:
    found = robustness()
    found["controls"] = [found["controls"][0] | {"name": "thumbnail"}]
    assert left_without_lungs(inputs_of(robustness=found)) is None
