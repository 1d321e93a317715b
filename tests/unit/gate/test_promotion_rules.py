import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.statistics.intervals import Estimate
from tasks.gate.paired_measures import ACCURACY, AUROC, SENSITIVITY, SPECIFICITY, Measure
from tasks.gate.promotion_rules import ALPHA, chance_rule, cohort_rules, home_rules

MARGIN = 0.05
Share = st.floats(0, 1)
Change = st.floats(-0.2, 0.2)
P = st.floats(0, 1) | st.none()


def measure(
    name: str,
    difference: float = 0.0,
    low: float | None = -0.01,
    p_better: float | None = 0.5,
    p_worse: float | None = 0.5,
    auroc_low: float = 0.8,
) -> Measure:
    """A measure of both networks; only what the rules read differs."""
    interval = None if low is None else (low, 0.3)
    used = Estimate(0.9, auroc_low, 1.0)
    return Measure(name, used, used, difference, interval, p_better, p_worse)


def measures(
    loss_end: float | None = -0.01, p_auroc: float | None = 0.001, p_specificity: float | None = 0.5
) -> dict[str, Measure]:
    found = [
        measure(AUROC, p_better=p_auroc),
        measure(SENSITIVITY, low=loss_end),
        measure(SPECIFICITY, p_better=p_specificity),
        measure(ACCURACY),
    ]
    return {one.name: one for one in found}


def passes(found: dict[str, Measure], margin: float = MARGIN) -> list[bool]:
    return [rule.passed for rule in home_rules(found, margin)]


@pytest.mark.parametrize(("low", "passed"), [(0.5, False), (0.4, False), (0.500001, True)])
def test_an_interval_of_auroc_that_reaches_chance_fails(low, passed):
    assert chance_rule({AUROC: measure(AUROC, auroc_low=low)}).passed is passed


@pytest.mark.parametrize(
    ("loss_end", "passed"), [(-0.049, True), (-0.05, False), (-0.2, False), (None, False)]
)
def test_a_loss_of_the_margin_must_be_excluded(loss_end, passed):
    assert passes(measures(loss_end))[1] is passed


@pytest.mark.parametrize(
    ("p_auroc", "p_specificity", "passed"),
    [
        (ALPHA / 2, 0.9, True),  # Holm: the smaller of two p values is doubled
        (ALPHA / 2 + 1e-6, 0.9, False),
        (0.9, ALPHA / 2, True),
        (ALPHA, ALPHA, False),
        (None, ALPHA / 2, True),
        (None, ALPHA, False),  # the test that could not be made stays in the count
        (None, None, False),
    ],
)
def test_one_of_two_measures_must_be_better(p_auroc, p_specificity, passed):
    assert passes(measures(p_auroc=p_auroc, p_specificity=p_specificity))[2] is passed


def test_nothing_is_tested_after_a_lower_sensitivity():
    rule = home_rules(measures(loss_end=-0.3, p_auroc=0.0), MARGIN)[2]
    assert (rule.passed, rule.found.split(",")[0]) == (False, "not tested")


def test_without_a_negative_class_accuracy_takes_both_places():
    found = {AUROC: measure(AUROC, p_better=None), ACCURACY: measure(ACCURACY, p_better=0.02)}
    assert passes(found) == [True, True, True]
    assert passes(found | {ACCURACY: measure(ACCURACY, p_better=0.03)}) == [True, True, False]


@given(Change, P, P, st.floats(0, 0.2), st.floats(0, 1))
def test_better_numbers_never_turn_a_pass_into_a_refusal(low, p_auroc, p_spec, more, less):
    """Monotone: each rule that a network passes is passed by one whose numbers are better."""
    before = passes(measures(low, p_auroc, p_spec))
    better = measures(
        low + more,
        None if p_auroc is None else p_auroc * less,
        None if p_spec is None else p_spec * less,
    )
    assert all(now or not then for then, now in zip(before, passes(better), strict=True))


@given(Change, P, P, st.floats(0.001, 0.1), st.floats(0, 0.1))
def test_a_wider_margin_never_turns_a_pass_into_a_refusal(low, p_auroc, p_spec, margin, more):
    found = measures(low, p_auroc, p_spec)
    pairs = zip(passes(found, margin), passes(found, margin + more), strict=True)
    assert all(now or not then for then, now in pairs)


@pytest.mark.parametrize(
    ("difference", "p_worse", "passed"),
    [(-0.05, 0.5, True), (-0.051, 0.5, False), (-0.01, ALPHA, False), (0.0, None, True)],
)
def test_a_cohort_vetoes_a_large_loss_and_a_shown_one(difference, p_worse, passed):
    ranked = measure(AUROC, difference, p_worse=p_worse)
    (rule,) = cohort_rules({"clinic": {AUROC: ranked, ACCURACY: measure(ACCURACY)}}, 0.05)
    assert rule.passed is passed
    assert "clinic" in rule.name


def test_a_cohort_vetoes_a_shown_loss_of_sensitivity_but_not_of_specificity():
    found = {AUROC: measure(AUROC), SENSITIVITY: measure(SENSITIVITY, p_worse=0.01)}
    (rule,) = cohort_rules({"clinic": found}, 0.05)
    assert not rule.passed
    found = {AUROC: measure(AUROC), SPECIFICITY: measure(SPECIFICITY, p_worse=0.01)}
    (rule,) = cohort_rules({"clinic": found}, 0.05)
    assert rule.passed
