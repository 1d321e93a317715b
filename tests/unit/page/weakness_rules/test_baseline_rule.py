import pytest

from tasks.page.weakness_rules.baseline_rule import TRIVIAL, trivial_baseline
from tests.evaluation_cases import evaluation_json, inputs_of
from tests.more_results import around, comparison, lead
from tests.report_inputs import MODEL, baselines
from tests.report_tables import estimate

FACTS = "file facts (width, height, bytes)"


def comparison_with(value: float, low: float | None, high: float | None) -> dict[str, object]:
    row = lead(MODEL, FACTS, value) | {"auroc": estimate(value, low, high)}
    return comparison(MODEL) | {"baselines": [row]}


@pytest.mark.parametrize(
    ("difference", "title", "is_weak"),
    [
        ((0.02, -0.01, 0.05), "File facts may do as well as the network: difference 0.02", True),
        ((0.06, -0.01, 0.13), "File facts may do as well as the network: difference 0.06", True),
        ((0.04, 0.01, 0.07), "File facts may do as well as the network: difference 0.04", True),
        (
            (0.11, 0.03, 0.19),
            "Better than every trivial baseline (best: 0.86), by an AUROC of 0.11",
            False,
        ),
        (
            (0.11, None, None),
            "Better than every trivial baseline (best: 0.86), by an AUROC of 0.11",
            False,
        ),
    ],
)
def test_network_is_compared_with_the_best_baseline_by_the_difference(
    difference: tuple[float, float | None, float | None], title: str, is_weak: bool
) -> None:
    rivals = baselines()
    rivals[1]["test"]["auroc"] = around(0.86)  # the best of three
    found = trivial_baseline(inputs_of(baselines=rivals, comparison=comparison_with(*difference)))
    assert found is not None
    assert (found.rule, found.is_weak) == (TRIVIAL, is_weak)
    assert found.title.startswith(title)
    assert "AUROC 0.86, 95 % interval 0.82\N{EN DASH}0.90" in found.detail


def test_baseline_that_needs_no_network_gives_the_class_away() -> None:
    rivals = baselines()
    rivals[1]["test"]["auroc"] = estimate(1.0, 0.97, 1.0)
    difference = comparison_with(-0.03, -0.05, -0.01)
    found = trivial_baseline(inputs_of(baselines=rivals, comparison=difference))
    assert found is not None
    assert found.title == "File facts alone give the class away: AUROC 1.00"
    assert found.is_weak
    assert "\N{MINUS SIGN}0.03 (95 % interval \N{MINUS SIGN}0.05 to \N{MINUS SIGN}0.01)" in (
        found.detail
    )


def test_unknown_difference_is_no_praise() -> None:
    empty = comparison(MODEL) | {"baselines": []}
    found = trivial_baseline(inputs_of(comparison=empty))
    assert found is not None
    assert found.is_weak
    assert "Network less baseline: not computable" in found.detail


def test_without_a_negative_class_the_means_are_compared() -> None:
    evaluation = evaluation_json() | {"negative_class": None}
    evaluation["test"]["auroc"] = estimate(None, None, None)
    found = trivial_baseline(inputs_of(evaluation))
    assert found is not None
    assert "The network: AUROC 0.90" in found.detail  # macro mean of the classes


def test_nothing_to_compare_is_no_result() -> None:
    evaluation = evaluation_json()
    evaluation["test"]["auroc"] = estimate(None, None, None)
    assert trivial_baseline(inputs_of(evaluation)) is None
    assert trivial_baseline(inputs_of(baselines=[])) is None
