"""In plain words: which films chose the threshold, and what it reaches on them."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.html.number_format import format_number

_CHOOSING = {  # by `evaluate.threshold_on`; the number is that of the conditions
    "validation": "the validation films as they are",
    "conditions_mean": "the mean over {} conditions of the validation films",
    "conditions_worst": "the worst of {} conditions of the validation films",
}


def choosing_films(point: Mapping[str, Any]) -> str:
    """The films that chose a threshold.

    Args:
        point: `operating_point` of `evaluation.json`.

    Example:
        >>> choosing_films({"threshold_on": {"rule": "conditions_mean", "conditions": [{}, {}]}})
        'the mean over 2 conditions of the validation films'
    """
    choice = point["threshold_on"]
    return _CHOOSING[choice["rule"]].format(len(choice["conditions"]))


def asked_and_found(point: Mapping[str, Any]) -> str | None:
    """What is found over the conditions, in sentences after `choosing_films`; None with one.

    Args:
        point: `operating_point` of `evaluation.json`.

    Example:
        >>> rates = ({"value": 0.95}, {"value": 0.99})
        >>> conditions = [{"sensitivity": one, "specificity": one} for one in rates]
        >>> choice = {"rule": "conditions_mean", "conditions": conditions}
        >>> point = {"threshold_on": choice, "target_sensitivity": 0.97}
        >>> asked_and_found(point).partition(" over these conditions")[0]
        'Sensitivity: asked 0.97, found between 0.95 and 0.99'
    """
    conditions = point["threshold_on"]["conditions"]
    if len(conditions) < 2:
        return None
    target = point["target_sensitivity"]
    asked = "" if target is None else f"asked {format_number(target)}, "
    return (
        f"Sensitivity: {asked}found {_range([one['sensitivity'] for one in conditions])} over"
        f" these conditions. Specificity: found"
        f" {_range([one['specificity'] for one in conditions])}."
    )


def _range(rates: Sequence[Mapping[str, float]]) -> str:
    values = [rate["value"] for rate in rates]
    return f"between {format_number(min(values))} and {format_number(max(values))}"
