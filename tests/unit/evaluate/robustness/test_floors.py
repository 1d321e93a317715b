import pytest

from tasks.core.errors import EvaluationError
from tasks.core.params.reporting import RobustnessParams
from tasks.evaluate.robustness.floors import check_floors, require_floors


def estimate_of(value: float | None) -> dict:
    return {"value": value, "low": None, "high": None}


def report_of(aurocs: dict[int, float | None], without_lungs: float | None) -> dict:
    """Make a grid of one disturbance on films of AUROC 0.95."""
    return {
        "controls": [{"name": "lungs_blanked", "auroc": estimate_of(without_lungs)}],
        "grid": [
            {
                "disturbance": "noise",
                "strength": strength,
                "auroc": estimate_of(auroc),
                "loss": estimate_of(None if auroc is None else 0.95 - auroc),
            }
            for strength, auroc in aurocs.items()
        ],
    }


def limits(**values: float) -> RobustnessParams:
    nothing = dict.fromkeys(RobustnessParams.model_fields)
    return RobustnessParams.model_validate(nothing | values)


REPORT = report_of({1: 0.94, 2: 0.85, 3: 0.6}, without_lungs=0.7)


def test_without_limits_nothing_passes_or_fails():
    floors = check_floors(REPORT, limits())
    assert [floor["passed"] for floor in floors] == [None] * 3
    require_floors(floors, "cnn4")


@pytest.mark.parametrize(
    ("limit", "passed"),
    [
        ({"min_auroc": 0.85}, True),
        ({"min_auroc": 0.86}, False),
        ({"max_auroc_loss": 0.11}, True),
        ({"max_auroc_loss": 0.09}, False),
        ({"max_auroc_without_lungs": 0.7}, True),
        ({"max_auroc_without_lungs": 0.69}, False),
    ],
)
def test_a_limit_holds_for_the_worst_cell_of_strength_1_and_2(limit, passed):
    (name,) = limit
    found = {floor["name"]: floor for floor in check_floors(REPORT, limits(**limit))}
    assert found[name]["passed"] is passed
    assert found["min_auroc"]["found"] == 0.85
    assert found["min_auroc"]["where"] == "noise at strength 2"
    assert found["max_auroc_loss"]["found"] == pytest.approx(0.1)
    assert found["max_auroc_without_lungs"]["found"] == 0.7


def test_an_undefined_number_keeps_no_promise():
    floors = check_floors(report_of({1: 0.94, 2: None}, None), limits(min_auroc=0.5))
    assert floors[0]["found"] is None
    with pytest.raises(EvaluationError, match="min_auroc: undefined with noise at strength 2"):
        require_floors(floors, "cnn4")


def test_the_error_names_each_broken_floor_with_limit_finding_and_next_step():
    set_limits = limits(min_auroc=0.9, max_auroc_loss=0.2, max_auroc_without_lungs=0.6)
    with pytest.raises(EvaluationError) as raised:
        require_floors(check_floors(REPORT, set_limits), "cnn4")
    error = raised.value
    assert "min_auroc 0.9" in error.rule
    assert "max_auroc_without_lungs 0.6" in error.rule
    assert "min_auroc: 0.850 with noise at strength 2" in error.found
    assert "max_auroc_without_lungs: 0.700 with lungs_blanked" in error.found
    assert "reports/cnn4/robustness.json" in error.where
    assert "min_auroc: " in error.next_step
    assert "max_auroc_loss" not in str(error)
