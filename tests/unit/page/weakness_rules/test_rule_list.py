from dataclasses import asdict

from tasks.page.weakness_rules.rule_list import TOLD_RULES, find_weaknesses, silent_rules
from tests.evaluation_cases import evaluation_json, inputs_of
from tests.more_results import around, grades
from tests.report_tables import estimate
from tests.three_classes import call, evaluation_of_classes
from tests.unit.page.weakness_rules.class_results import three_class_films

KEYS = {"rule", "title", "detail", "number", "is_weak"}


def test_weaknesses_come_first_and_no_rule_answers_twice() -> None:
    found = find_weaknesses(inputs_of())
    flags = [one.is_weak for one in found]
    assert flags == sorted(flags, reverse=True)
    assert len({one.rule for one in found}) == len(found) >= 22
    assert all(set(asdict(one)) == KEYS for one in found)


def test_collapse_is_the_first_weakness() -> None:
    evaluation = evaluation_json()
    evaluation["test"]["balanced_accuracy"] = around(0.5)
    assert find_weaknesses(inputs_of(evaluation))[0].rule == "collapsed"


def test_every_result_has_a_number_or_says_that_something_is_not_known() -> None:
    for one in find_weaknesses(inputs_of()):
        text = one.title + one.detail
        assert one.number, one.rule
        assert any(letter.isdigit() for letter in text) or "No film" in text, one.rule


def test_no_number_of_the_results_lacks_its_interval() -> None:
    """A share, an AUROC or a difference in a title stands with its range in the detail."""
    without = {"labels", "few_films", "undefined_metrics", "missing_outcomes", "unknown_patients"}
    for one in find_weaknesses(inputs_of()):
        if one.rule not in {*without, "external:no-labels", "no_sane_method", "calibration_edge"}:
            assert "\N{EN DASH}" in one.detail or " to " in one.detail, one.rule


def test_model_without_a_negative_class_is_judged_by_its_classes() -> None:
    films = call(three_class_films())
    evaluation = evaluation_json() | evaluation_of_classes(films)
    found = {one.rule for one in find_weaknesses(inputs_of(evaluation, predictions=films))}
    assert {"collapsed", "trivial_baseline", "weakest_class", "few_films"} <= found
    assert not {"target_sensitivity", "rule_out", "rule_in", "threshold_on_test"} & found


def test_every_metric_may_be_undefined() -> None:
    evaluation = evaluation_json()
    nothing = estimate(None, None, None)
    for split in ("test", "validation"):
        for name, value in evaluation[split].items():
            if isinstance(value, dict) and "low" in value:
                evaluation[split][name] = nothing
    evaluation |= {"subgroups": [], "abstention": None}
    inputs = inputs_of(
        evaluation,
        baselines=[{"name": "always positive", "test": {}}],
        external={"cohorts": []},
        robustness={"home": {"auroc": nothing}, "controls": [], "grid": [], "floors": []},
        grades=grades() | {"methods": []},
    )
    found = {one.rule: one for one in find_weaknesses(inputs)}
    assert found["undefined_metrics"].is_weak
    assert found["external"].is_weak
    assert not {"trivial_baseline", "without_lungs", "subgroups", "foreign_films"} & set(found)
    assert set(silent_rules(inputs)) == set(TOLD_RULES)


def test_a_rule_is_silent_or_answers() -> None:
    assert not silent_rules(inputs_of())
    assert set(TOLD_RULES) <= {one.rule for one in find_weaknesses(inputs_of())}
