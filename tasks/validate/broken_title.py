"""The result of a broken expectation as a title, with its numbers."""

import pandas as pd

from tasks.core.html.number_format import format_count, format_number
from tasks.validate.rules.broken import BROKEN
from tasks.validate.rules.rule import Rule


def broken_title(rule: Rule, frame: pd.DataFrame, n_failing: int, observed: str) -> str:
    """Say what is wrong, not what should be.

    Args:
        rule: The rule that did not pass; `BROKEN` knows its name.
        frame: The table that was checked.
        n_failing: Number of failing rows.
        observed: The values found, in plain words.
    """
    return BROKEN[rule.name].title.format(
        worst=_worst(rule, frame), n=format_count(n_failing), observed=observed
    )


def _worst(rule: Rule, frame: pd.DataFrame) -> str:
    """The value farthest from the limit of a rule that has one; empty for other rules."""
    if rule.expectation != "ExpectColumnValuesToBeBetween":
        return ""
    values = frame[rule.arguments["column"]]
    values = values if rule.status is None else values[frame["status"] == rule.status]
    worst = float(values.max() if "max_value" in rule.arguments else values.min())
    is_count = worst.is_integer() and rule.arguments["column"] != "auroc"
    return format_count(int(worst)) if is_count else format_number(worst)
