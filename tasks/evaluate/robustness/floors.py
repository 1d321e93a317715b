"""Floors of the robustness: limits in params.yaml that can fail the stage."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core import paths
from tasks.core.errors import CONTINUED, EvaluationError
from tasks.core.params.reporting import RobustnessParams
from tasks.evaluate.robustness.negative_controls import WITHOUT_LUNGS

MILD = 2  # strengths up to this one are what every hospital's films have now and then
_NEXT_STEPS = {
    "min_auroc": "train with more augmentation (train.augment), or state a lower limit",
    "max_auroc_loss": "train with more augmentation (train.augment), or state a higher limit",
    "max_auroc_without_lungs": "look at the other controls and at the film facts of"
    " reports/validation.html: the network reads something beside the lungs; try resize.region or"
    " films of more places",
}


def check_floors(report: Mapping[str, Any], limits: RobustnessParams) -> list[dict[str, Any]]:
    """Compare the report with each limit that is set.

    An undefined number keeps no promise, so it breaks a floor.

    Args:
        report: Of `StressTest.report`.
        limits: Section `evaluate.robustness`.

    Returns:
        One row per limit: its name, the limit, the worst number found and where, and whether it
        passed. `passed` is None where no limit is set.
    """
    mild = [cell for cell in report["grid"] if cell["strength"] <= MILD]
    controls = [row for row in report["controls"] if row["name"] == WITHOUT_LUNGS]
    lowest = _worst([(_place(cell), cell["auroc"]["value"]) for cell in mild], worst=min)
    largest = _worst([(_place(cell), cell["loss"]["value"]) for cell in mild], worst=max)
    without = _worst([(row["name"], row["auroc"]["value"]) for row in controls], worst=max)
    return [
        _floor("min_auroc", limits.min_auroc, lowest, sign=-1),
        _floor("max_auroc_loss", limits.max_auroc_loss, largest, sign=1),
        _floor("max_auroc_without_lungs", limits.max_auroc_without_lungs, without, sign=1),
    ]


def require_floors(floors: Sequence[Mapping[str, Any]], model: str) -> None:
    """Fail if a floor is broken.

    Args:
        floors: From `check_floors`.
        model: Name of the model.

    Raises:
        EvaluationError: It names each broken floor, its limit, what was found and the next step.
    """
    broken = [floor for floor in floors if floor["passed"] is False]
    if broken:
        raise EvaluationError(
            "a network must keep the floors of evaluate.robustness: "
            + CONTINUED.join(f"{floor['name']} {floor['limit']}" for floor in broken),
            found=CONTINUED.join(
                f"{floor['name']}: {_shown(floor['found'])} with {floor['where']}"
                for floor in broken
            ),
            where=f"{paths.robustness(model)}, which was written",
            next_step=CONTINUED.join(
                f"{floor['name']}: {_NEXT_STEPS[floor['name']]}" for floor in broken
            ),
        )


def _floor(
    name: str, limit: float | None, worst: tuple[str, float | None], sign: int
) -> dict[str, Any]:
    """Row of one floor; with sign 1 the limit is the highest number allowed, with -1 the lowest."""
    where, found = worst
    passed = None
    if limit is not None:
        passed = found is not None and sign * found <= sign * limit
    return {"name": name, "limit": limit, "found": found, "where": where, "passed": passed}


def _worst(numbers: Sequence[tuple[str, float | None]], worst: Any) -> tuple[str, float | None]:
    """Place and value of the worst number; an undefined number is worse than every other."""
    undefined = [place for place, value in numbers if value is None]
    if undefined:
        return undefined[0], None
    place, value = worst(numbers, key=lambda number: number[1])
    return place, value


def _place(cell: Mapping[str, Any]) -> str:
    return f"{cell['disturbance']} at strength {cell['strength']}"


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
