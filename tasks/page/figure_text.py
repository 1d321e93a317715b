"""Numbers of the JSON files and their text in sentences: value, interval, difference."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.html.number_format import EstimateJson, format_interval, format_number

Finding = Mapping[str, Any]  # one object of a JSON file
NO_ESTIMATE: EstimateJson = {"value": None, "low": None, "high": None}
NOT_COMPUTABLE = "not computable"


def estimate_of(found: Finding | None, *keys: str) -> EstimateJson:
    """The estimate below some keys; null values where a key is missing or null.

    A JSON file of a cohort with a gap, or of one class, lacks what could not be computed.

    Example:
        >>> estimate_of({"test": {"auroc": None}}, "test", "auroc")["value"] is None
        True
    """
    for key in keys:
        found = (found or {}).get(key)
    return found or NO_ESTIMATE


def bounds_of(estimate: EstimateJson) -> tuple[float, float] | None:
    """Both ends of the 95 % interval; None if one is undefined."""
    low, high = estimate.get("low"), estimate.get("high")
    return None if low is None or high is None else (low, high)


def is_clearly_below(one: EstimateJson, other: EstimateJson) -> bool:
    """Whether the interval of `one` lies below that of `other`.

    Stricter than a test of the difference at 5 %: intervals may overlap and still differ.

    Source:
        Schenker and Gentleman, The American Statistician 55:182-186, 2001.
    """
    ends, other_ends = bounds_of(one), bounds_of(other)
    return ends is not None and other_ends is not None and ends[1] < other_ends[0]


def difference_of(new: EstimateJson, old: EstimateJson) -> EstimateJson:
    """`new` less `old` with its interval, for two independent sets of films.

    Returns:
        Null values where one of them, or its interval, is undefined.

    Example:
        >>> one = {"value": 0.9, "low": 0.87, "high": 0.93}
        >>> other = {"value": 0.8, "low": 0.76, "high": 0.84}
        >>> {name: round(number, 2) for name, number in difference_of(one, other).items()}
        {'value': 0.1, 'low': 0.05, 'high': 0.15}

    Source:
        Zou and Donner, Statistics in Medicine 27:1693-1702, 2008 (difference of two independent
        estimates from their intervals).
    """
    ends, old_ends = bounds_of(new), bounds_of(old)
    if new["value"] is None or old["value"] is None or ends is None or old_ends is None:
        return NO_ESTIMATE
    change = new["value"] - old["value"]
    return {
        "value": change,
        "low": change - math.hypot(new["value"] - ends[0], old_ends[1] - old["value"]),
        "high": change + math.hypot(ends[1] - new["value"], old["value"] - old_ends[0]),
    }


def score_text(name: str, estimate: EstimateJson, digits: int = 2) -> str:
    """Name, value and 95 % interval of a metric."""
    if estimate["value"] is None:
        return f"{name} undefined"
    text = f"{name} {format_number(estimate['value'], digits)}"
    interval = format_interval(estimate, digits)
    return f"{text}, 95 % interval {interval}" if interval else text


def short_text(estimate: EstimateJson, digits: int = 2) -> str:
    """Value and interval as short as a cell of a table needs them: `0.95 (0.90 to 0.98)`."""
    interval = format_interval(estimate, digits)
    value = format_number(estimate["value"], digits)
    return f"{value} ({interval})" if interval else value


def figure(name: str, estimate: EstimateJson, digits: int = 2) -> str:
    """Name, value and interval of a metric in running text."""
    if estimate["value"] is None:
        return f"{name} {NOT_COMPUTABLE}"
    return score_text(name, estimate, digits)


def interval_text(estimate: EstimateJson, digits: int = 2) -> str:
    """Value with its interval in brackets, without a name."""
    if estimate["value"] is None:
        return NOT_COMPUTABLE
    interval = format_interval(estimate, digits)
    value = format_number(estimate["value"], digits)
    return f"{value} (95 % interval {interval})" if interval else f"{value} (no interval)"


def joined(words: Sequence[str]) -> str:
    """Words as a list in running text.

    Example:
        >>> joined(["COVID", "NORMAL", "VIRAL PNEUMONIA"])
        'COVID, NORMAL and VIRAL PNEUMONIA'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
