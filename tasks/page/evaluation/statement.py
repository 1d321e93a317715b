"""A sentence of the verdict, and the texts of the figures in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tasks.core.html.number_format import EstimateJson, format_interval, format_number
from tasks.page.page_text import score_text

Finding = Mapping[str, Any]  # one object of a JSON file
NO_ESTIMATE: EstimateJson = {"value": None, "low": None, "high": None}
NOT_COMPUTABLE = "not computable"


@dataclass(frozen=True)
class Statement:
    """What one rule says about a model.

    kind: `bad` speaks against the use of the model, `good` for it, `open` for neither.
    title, text: a few words, and sentences with the figures and their intervals.
    """

    kind: Literal["bad", "good", "open"]
    title: str
    text: str


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
