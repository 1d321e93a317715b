import pytest

from tasks.page.weakness_rules.collapse_rule import collapsed_network
from tasks.page.weakness_rules.rule_list import verdict_sentence
from tests.evaluation_cases import Json, evaluation_json, inputs_of
from tests.more_results import class_view
from tests.report_tables import estimate
from tests.three_classes import KINDS, call, evaluation_of_classes
from tests.unit.page.weakness_rules.class_results import three_class_films


def of_sides(**confusion: int) -> Json:
    evaluation = evaluation_json()
    evaluation["test"]["confusion"] = confusion
    return evaluation


def test_network_that_calls_more_than_one_class_is_not_collapsed() -> None:
    found = collapsed_network(inputs_of())
    assert found is not None
    # 62 found and 12 false alarms of 164: 90 called normal
    assert not found.is_weak
    assert "it calls 90 of 164 test films normal (55 %)" in found.detail


@pytest.mark.parametrize(
    ("confusion", "title"),
    [
        ({"tp": 65, "fp": 99, "tn": 0, "fn": 0}, "Calls every film pneumonia"),
        ({"tp": 65, "fp": 97, "tn": 2, "fn": 0}, "Calls 99 % of the films pneumonia"),  # 162 of 164
        ({"tp": 65, "fp": 91, "tn": 8, "fn": 0}, "Calls 95 % of the films pneumonia"),  # 156: 0.951
    ],
)
def test_network_that_calls_nearly_all_films_one_class_has_collapsed(
    confusion: dict[str, int], title: str
) -> None:
    found = collapsed_network(inputs_of(of_sides(**confusion)))
    assert found is not None
    assert (found.title, found.is_weak) == (title, True)
    assert "Balanced accuracy 0.92, 95 % interval" in found.detail


def test_fewer_calls_of_one_class_are_no_collapse() -> None:
    found = collapsed_network(inputs_of(of_sides(tp=65, fp=90, tn=9, fn=0)))  # 155 of 164: 0.945
    assert found is not None
    assert not found.is_weak


def test_balanced_accuracy_of_chance_is_a_collapse() -> None:
    evaluation = evaluation_json()
    evaluation["test"]["balanced_accuracy"] = estimate(0.55, 0.49, 0.61)
    found = collapsed_network(inputs_of(evaluation))
    assert found is not None
    assert found.is_weak
    assert found.title == (
        "Decides no better than chance: balanced accuracy 0.55 (0.49\N{EN DASH}0.61)"
    )
    assert "gives 0.50" in found.detail


def test_chance_of_three_classes_is_a_third() -> None:
    evaluation = evaluation_json()
    view = class_view(["A", "B", "C"], [[9, 9, 9], [7, 7, 7], [7, 7, 7]])
    evaluation["classes_view"]["test"] = view | {"balanced_accuracy": estimate(0.4, 0.33, 0.47)}
    found = collapsed_network(inputs_of(evaluation))
    assert found is not None
    assert found.is_weak
    evaluation["classes_view"]["test"]["balanced_accuracy"] = estimate(0.4, 0.34, 0.47)
    found = collapsed_network(inputs_of(evaluation))
    assert found is not None
    assert not found.is_weak


def test_first_line_of_a_collapsed_network_of_three_classes_says_so() -> None:
    films = call(three_class_films()).assign(called_class="VIRAL PNEUMONIA")
    evaluation = evaluation_json() | evaluation_of_classes(films)
    inputs = inputs_of(evaluation, predictions=films)
    n_right = int((films.loc[films["split"] == "test", "label"] == "VIRAL PNEUMONIA").sum())
    assert evaluation["classes"] == KINDS
    assert verdict_sentence(inputs).startswith(
        "Calls every film VIRAL PNEUMONIA. On 164 test films of "
    )
    assert f"named the class of {n_right} (" in verdict_sentence(inputs)
