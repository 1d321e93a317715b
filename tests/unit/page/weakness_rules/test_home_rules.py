import pytest

from tasks.page.weakness_rules.home_rules import (
    ruling_in,
    ruling_out,
    target_sensitivity,
    weakest_class,
)
from tests.evaluation_cases import at, evaluation_json, inputs_of
from tests.more_results import class_view
from tests.report_tables import estimate


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "start"),
    [
        (at(0.99, 0.01), at(0.9), "Helps to"),  # 0.02 / 0.88 = 0.023 at worst
        (
            at(0.95, 0.04),
            at(0.9),
            "May help to",
        ),  # 0.05 / 0.9 = 0.056, at worst 0.09 / 0.88 = 0.102
        (at(0.8), at(0.9), "Does not"),  # 0.2 / 0.9 = 0.22
    ],
)
def test_ruling_out_is_judged_by_the_negative_likelihood_ratio(
    sensitivity: dict[str, float], specificity: dict[str, float], start: str
) -> None:
    evaluation = evaluation_json()
    evaluation["test"] |= {"sensitivity": sensitivity, "specificity": specificity}
    found = ruling_out(inputs_of(evaluation))
    assert found is not None
    assert found.title.startswith(start)
    assert found.is_weak is start.startswith("Does not")


@pytest.mark.parametrize(
    ("specificity", "start"),
    [
        (at(0.97, 0.01), "Helps to"),  # 0.88 / 0.04 = 22 at worst
        (at(0.92, 0.02), "May help to"),  # 0.9 / 0.08 = 11.25, at worst 0.88 / 0.1 = 8.8
        (at(0.8), "Does not"),  # 0.9 / 0.2 = 4.5
        (estimate(1.0, 0.96, 1.0), "Helps to"),  # no false alarm: at least 0.88 / 0.04 = 22
    ],
)
def test_ruling_in_is_judged_by_the_positive_likelihood_ratio(
    specificity: dict[str, float], start: str
) -> None:
    evaluation = evaluation_json()
    evaluation["test"] |= {"sensitivity": at(0.9), "specificity": specificity}
    found = ruling_in(inputs_of(evaluation))
    assert found is not None
    assert found.title.startswith(start)
    assert found.is_weak is start.startswith("Does not")


def test_likelihood_ratio_is_given_with_its_widest_interval() -> None:
    evaluation = evaluation_json()
    evaluation["test"] |= {"sensitivity": at(0.9), "specificity": at(0.8)}
    found = ruling_in(inputs_of(evaluation))
    assert found is not None
    # 0.9 / 0.2; 0.88 / 0.22 and 0.92 / 0.18
    assert "by 4.5 (95 % interval 4.0\N{EN DASH}5.1); 10 or more often decides" in found.detail


def test_class_that_is_missed_more_often_than_found_is_named() -> None:
    evaluation = evaluation_json()
    view = class_view(["A", "B", "C"], [[9, 1, 0], [6, 4, 0], [0, 1, 9]])
    view["per_class"][1]["recall"] = estimate(0.4, 0.1, 0.7)
    evaluation["classes_view"]["test"] = view
    found = weakest_class(inputs_of(evaluation))
    assert found is not None
    assert found.is_weak
    assert found.title == ("Misses more B films than it finds: recall 0.40 (0.10\N{EN DASH}0.70)")
    assert "recall 0.40, 95 % interval 0.10\N{EN DASH}0.70 on 10 films" in found.detail


@pytest.mark.parametrize(
    ("sensitivity", "title", "is_weak"),
    [
        # the test films of report_inputs.py: 62 of 65; the target is 0.97
        (estimate(0.954, 0.894, 0.974), "Misses its target sensitivity of 0.97", True),
        (estimate(0.9, 0.85, 0.95), "Misses its target sensitivity of 0.97", True),
        (estimate(0.97, 0.9, 1.0), "Reaches its target sensitivity of 0.97", False),
    ],
)
def test_missed_target_sensitivity_is_weak(
    sensitivity: dict[str, float], title: str, is_weak: bool
) -> None:
    evaluation = evaluation_json()
    evaluation["test"]["sensitivity"] = sensitivity
    found = target_sensitivity(inputs_of(evaluation))
    assert found is not None
    assert found.title.startswith(title)
    assert found.is_weak is is_weak
    assert found.title.endswith("(may be chance)") is (sensitivity["high"] == 0.974)


def test_no_target_no_rule() -> None:
    evaluation = evaluation_json()
    evaluation["operating_point"]["target_sensitivity"] = None
    assert target_sensitivity(inputs_of(evaluation)) is None
