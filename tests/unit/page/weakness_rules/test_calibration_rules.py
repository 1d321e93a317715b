import pytest

from tasks.page.weakness_rules.calibration_rules import calibration_edge, probability_error
from tests.evaluation_cases import evaluation_json, inputs_of
from tests.more_results import around
from tests.report_tables import estimate


@pytest.mark.parametrize(
    ("temperature", "words"),
    [(20.08, "hardly tell the validation films apart"), (0.05, "without an error")],
)
def test_temperature_at_the_edge_of_its_search_is_weak(temperature: float, words: str) -> None:
    evaluation = evaluation_json()
    evaluation["calibration"] |= {"temperature": temperature, "is_at_edge": True}
    found = calibration_edge(inputs_of(evaluation))
    assert found is not None
    assert found.is_weak
    assert found.title == (
        f"Calibration stopped at the edge of its search: temperature {temperature:.2f}"
    )
    assert "0.05 to 20.09 were searched" in found.detail
    assert words in found.detail
    assert "Calibration error before 0.040, 95 % interval" in found.detail


def test_temperature_inside_its_range_is_not_weak() -> None:
    found = calibration_edge(inputs_of())
    assert found is not None
    assert (found.is_weak, found.number) == (False, "1.31")


def test_other_methods_have_no_temperature() -> None:
    evaluation = evaluation_json()
    evaluation["calibration"] = {"method": "none", "fitted_on": "validation"}
    assert calibration_edge(inputs_of(evaluation)) is None
    assert probability_error(inputs_of(evaluation, external={"cohorts": []})) is None


@pytest.mark.parametrize(
    ("error", "title", "is_weak"),
    [
        (around(0.12, 0.03), "Its probabilities are off on the home test films: by 0.12", True),
        (around(0.06, 0.03), "Its probabilities may be off on the home test films: by 0.06", True),
        (around(0.04, 0.03), "Its probabilities are off by 0.04", False),
        (estimate(0.06, None, None), "Its probabilities are off on the home test films", True),
    ],
)
def test_calibration_error_is_judged_with_its_interval(
    error: dict[str, float], title: str, is_weak: bool
) -> None:
    evaluation = evaluation_json()
    evaluation["calibration"]["after"]["ece"] = error
    found = probability_error(inputs_of(evaluation, external={"cohorts": []}))
    assert found is not None
    assert found.title.startswith(title)
    assert found.is_weak is is_weak


def test_calibration_is_said_for_each_place() -> None:
    found = probability_error(inputs_of())
    assert found is not None
    assert found.title.startswith("Its probabilities are off on covid-mini: by 0.12")  # home: 0.04
    assert "on covid-mini 0.120 (95 % interval 0.090\N{EN DASH}0.150)" in found.detail
