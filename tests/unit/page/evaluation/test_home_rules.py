import pytest

from tasks.page.evaluation.collapsed_calls import collapse
from tasks.page.evaluation.home_rules import ruling_in, ruling_out, trivial_rules, weakest_class
from tests.evaluation_cases import at, evaluation_json, inputs_of
from tests.more_results import around, class_view
from tests.report_tables import estimate


def test_network_that_calls_nearly_all_films_one_class_is_said_to_decide_nothing() -> None:
    evaluation = evaluation_json()
    assert collapse(evaluation) is None
    evaluation["test"]["confusion"] = {"tp": 65, "fp": 97, "tn": 2, "fn": 0}  # 162 of 164 called
    found = collapse(evaluation)
    assert found is not None
    assert found.kind == "bad"
    assert "it calls 162 of 164 test films pneumonia (99 %)" in found.text


def test_network_with_the_balanced_accuracy_of_chance_is_said_to_decide_nothing() -> None:
    evaluation = evaluation_json()
    evaluation["test"]["balanced_accuracy"] = estimate(0.55, 0.49, 0.61)
    found = collapse(evaluation)
    assert found is not None
    assert "Balanced accuracy 0.55, 95 % interval 0.49\N{EN DASH}0.61" in found.text
    assert "gives 0.50" in found.text


def test_collapse_by_the_likeliest_class_of_three_is_found() -> None:
    evaluation = evaluation_json()
    view = class_view(["A", "B", "C"], [[0, 0, 28], [0, 0, 21], [0, 0, 21]])
    evaluation["classes_view"]["test"] = view | {"balanced_accuracy": estimate(1 / 3, 0.33, 0.34)}
    found = collapse(evaluation)
    assert found is not None
    assert "By the likeliest class it calls 70 of 70 test films C (100 %)" in found.text


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "kind"),
    [
        (at(0.99, 0.01), at(0.9), "good"),  # 0.02 / 0.88 = 0.023 at worst
        (at(0.95, 0.04), at(0.9), "open"),  # 0.05 / 0.9 = 0.056, at worst 0.09 / 0.88 = 0.102
        (at(0.8), at(0.9), "bad"),  # 0.2 / 0.9 = 0.22
    ],
)
def test_ruling_out_is_judged_by_the_negative_likelihood_ratio(
    sensitivity: dict[str, float], specificity: dict[str, float], kind: str
) -> None:
    evaluation = evaluation_json()
    evaluation["test"] |= {"sensitivity": sensitivity, "specificity": specificity}
    found = ruling_out(inputs_of(evaluation))
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    ("specificity", "kind"),
    [
        (at(0.97, 0.01), "good"),  # 0.88 / 0.04 = 22 at worst
        (at(0.92, 0.02), "open"),  # 0.9 / 0.08 = 11.25, at worst 0.88 / 0.1 = 8.8
        (at(0.8), "bad"),  # 0.9 / 0.2 = 4.5
        (estimate(1.0, 0.96, 1.0), "good"),  # no false alarm: at least 0.88 / 0.04 = 22
    ],
)
def test_ruling_in_is_judged_by_the_positive_likelihood_ratio(
    specificity: dict[str, float], kind: str
) -> None:
    evaluation = evaluation_json()
    evaluation["test"] |= {"sensitivity": at(0.9), "specificity": specificity}
    found = ruling_in(inputs_of(evaluation))
    assert found is not None
    assert found.kind == kind


def test_likelihood_ratio_is_given_with_its_widest_interval() -> None:
    evaluation = evaluation_json()
    evaluation["test"] |= {"sensitivity": at(0.9), "specificity": at(0.8)}
    found = ruling_in(inputs_of(evaluation))
    assert found is not None
    # 0.9 / 0.2; 0.88 / 0.22 and 0.92 / 0.18
    assert "by 4.5 (95 % interval 4.0\N{EN DASH}5.1); 10 or more often decides" in found.text


@pytest.mark.parametrize(("rival", "kind"), [(around(0.74, 0.08), "good"), (around(0.92), "bad")])
def test_network_must_lead_trivial_rules_by_more_than_the_intervals(
    rival: dict[str, float], kind: str
) -> None:
    baselines = [{"name": "brightness", "test": {"auroc": rival}}]
    found = trivial_rules(inputs_of(baselines=baselines))  # network: 0.947 to 0.988
    assert found is not None
    assert found.kind == kind
    assert "“brightness”" in found.text


def test_class_that_is_missed_more_often_than_found_is_named() -> None:
    evaluation = evaluation_json()
    view = class_view(["A", "B", "C"], [[9, 1, 0], [6, 4, 0], [0, 1, 9]])
    view["per_class"][1]["recall"] = estimate(0.4, 0.1, 0.7)
    evaluation["classes_view"]["test"] = view
    found = weakest_class(inputs_of(evaluation))
    assert found is not None
    assert (found.kind, found.title) == ("bad", "It misses more B films than it finds")
    assert "recall 0.40, 95 % interval 0.10\N{EN DASH}0.70 on 10 films" in found.text
