"""Checks the rules with Great Expectations.

This is the only module that imports Great Expectations. The context stays in memory: it uses no
network and writes no file.
"""

import logging
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from tasks.validate.broken_title import broken_title
from tasks.validate.frames import ROW_NOUNS
from tasks.validate.rules.broken import BROKEN
from tasks.validate.rules.rule import Rule

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context.data_context.ephemeral_data_context import (
        EphemeralDataContext,
    )
    from great_expectations.expectations.expectation import Expectation

MAX_ROWS = 20  # failing rows that a result lists; n_failing counts all
_RESULT_FORMAT = {
    "result_format": "SUMMARY",  # counts, and the index of the first failing rows
    "partial_unexpected_count": MAX_ROWS,
    "return_unexpected_index_query": False,  # a text with one number per failing row
}

JsonRow = dict[str, Any]


@dataclass(frozen=True)
class RuleResult:
    """Result of one rule.

    group, name, severity, threshold: As in `Rule`.
    title: The result in plain words: the requirement if the rule passed, else what is wrong.
    requirement: Title of the `Rule`.
    passed: Whether the rule passed; False also if it could not be checked.
    observed: The values found, in plain words, or the reason why the rule could not be checked.
    n_failing: Number of failing rows; 0 for a rule about a whole table.
    rows: The first MAX_ROWS failing rows, in the order of the table (films: by path). The first
        key identifies the row.
    next_step: What the reader can do if the rule failed; empty if it passed.
    setting: Key of params.yaml that sets the limit; empty if the code sets it.
    """

    group: str
    name: str
    title: str
    severity: str
    passed: bool
    observed: str
    threshold: str
    n_failing: int
    rows: list[JsonRow]
    next_step: str = ""
    requirement: str = ""
    setting: str = ""


def run_rules(frames: Mapping[str, pd.DataFrame], rules: Sequence[Rule]) -> list[RuleResult]:
    """Check the tables with every rule.

    Args:
        frames: Result of `build_frames`; each table has a unique index.
        rules: Result of `build_suite`.

    Returns:
        One result per rule, in the order of the rules.
    """
    context = _open_context()
    results: dict[str, ExpectationValidationResult] = {}
    for subject in dict.fromkeys(map(_subject, rules)):
        rule_frame, status, column = subject
        about = [rule for rule in rules if _subject(rule) == subject]
        checked = _checked_part(frames[rule_frame], status, column)
        results |= _validate(context, str(subject), checked, about)
    return [_result(rule, frames[rule.frame], results[rule.name]) for rule in rules]


def _subject(rule: Rule) -> tuple[str, str | None, str | None]:
    """Table, status of its rows and column that a rule checks; None means all."""
    return rule.frame, rule.status, rule.arguments.get("column")


def _checked_part(frame: pd.DataFrame, status: str | None, column: str | None) -> pd.DataFrame:
    """Only the checked rows and column: Great Expectations copies its table several times."""
    rows = slice(None) if status is None else frame["status"] == status
    if column is not None:
        return frame.loc[rows, frame.columns == column]
    return frame if frame.empty else frame.loc[rows, frame.columns[:1]]


def _open_context() -> "EphemeralDataContext":
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the package is imported
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # errors are part of the results; the second logger sets its own level
    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _validate(
    context: "EphemeralDataContext", name: str, frame: pd.DataFrame, rules: Sequence[Rule]
) -> "dict[str, ExpectationValidationResult]":
    """Results of the rules of one table, by the name of the rule."""
    from great_expectations import ExpectationSuite

    batch = (
        context.data_sources.add_pandas(name)
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
        .get_batch(batch_parameters={"dataframe": frame})
    )
    suite = ExpectationSuite(name=name, expectations=[_expectation(rule) for rule in rules])
    found = batch.validate(suite, result_format=_RESULT_FORMAT)
    context.data_sources.delete(name)  # frees its copy of the table
    configs = ((result.expectation_config, result) for result in found.results)
    return {config.meta["name"]: result for config, result in configs if config and config.meta}


def _expectation(rule: Rule) -> "Expectation":
    from great_expectations import expectations

    expectation: Expectation = getattr(expectations, rule.expectation)(
        **rule.arguments,
        severity="critical" if rule.severity == "error" else "warning",
        meta={"name": rule.name},
    )
    return expectation


def _result(rule: Rule, frame: pd.DataFrame, result: "ExpectationValidationResult") -> RuleResult:
    fault = _fault(result.exception_info)
    details: dict[str, Any] = dict(result.result or {})
    passed = bool(result.success) and fault is None
    n_failing, rows = (0, []) if passed or fault else _failing_rows(rule, frame, details)
    observed = f"could not be checked: {fault}" if fault else _observed(rule, frame, details)
    title = f"Not checked: {rule.title}" if fault else rule.title
    if not (passed or fault):
        title = broken_title(rule, frame, n_failing, observed)
    return RuleResult(
        group=rule.group,
        name=rule.name,
        title=title,
        severity=rule.severity,
        passed=passed,
        observed=observed,
        threshold=rule.threshold,
        n_failing=n_failing,
        rows=rows,
        next_step="" if passed else rule.next_step or BROKEN[rule.name].next_step,
        requirement=rule.title,
        setting=BROKEN[rule.name].setting,
    )


def _fault(exception_info: Mapping[str, Any] | None) -> str | None:
    """Text of an exception in Great Expectations, which reports one, or one per metric."""
    info = exception_info or {}
    nested = [part for part in info.values() if isinstance(part, Mapping)]
    raised = [part for part in [info, *nested] if part.get("raised_exception")]
    texts = sorted({" ".join(str(part["exception_message"]).split()) for part in raised})
    return "; ".join(texts) or None


def _failing_rows(
    rule: Rule, frame: pd.DataFrame, details: Mapping[str, Any]
) -> tuple[int, list[JsonRow]]:
    """Number of failing rows, and the first of them with the columns to show."""
    if "partial_unexpected_index_list" in details:
        n_failing = int(details["unexpected_count"])
        places = sorted(details["partial_unexpected_index_list"])
    elif rule.expectation == "ExpectColumnMeanToBeBetween":  # a share: rows above 0
        contributing = frame.index[frame[rule.arguments["column"]] > 0]
        n_failing, places = len(contributing), list(contributing[:MAX_ROWS])
    else:
        return 0, []
    names = [rule.key, *rule.shows]
    return n_failing, plain_rows(frame.loc[places, names])


def plain_rows(table: pd.DataFrame) -> list[JsonRow]:
    """The rows of a table as JSON values."""
    records = table.to_dict("records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in records]


def _plain(value: Any) -> Any:
    """A JSON value: no NumPy type, whole numbers as int, null instead of NaN."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() else value
    return None if value is None or value is pd.NA else value


def _observed(rule: Rule, frame: pd.DataFrame, details: Mapping[str, Any]) -> str:
    match rule.expectation:
        case "ExpectTableColumnsToMatchSet":
            missing = details.get("details", {}).get("mismatched", {}).get("missing", [])
            return f"missing: {', '.join(missing)}" if missing else f"{frame.shape[1]} columns"
        case "ExpectTableRowCountToBeBetween":
            return _counted(f"{details['observed_value']:,}", rule.unit)
    values = frame[rule.arguments["column"]]
    if rule.status is not None:
        values = values[frame["status"] == rule.status]
    match rule.expectation:
        case "ExpectColumnUniqueValueCountToBeBetween":
            names = sorted(values.dropna().unique())
            return f"{details['observed_value']}: {', '.join(names)}" if names else "none"
        case "ExpectColumnMeanToBeBetween":
            return _share(values.dropna())
    return _observed_values(rule, values, details)


def _share(flags: pd.Series) -> str:
    if flags.empty:
        return "nothing to check"
    return f"{flags.mean():.1%} ({int(flags.sum()):,} of {len(flags):,})".replace("%", " %")


def _observed_values(rule: Rule, values: pd.Series, details: Mapping[str, Any]) -> str:
    noun = {"ok": "films", "rejected": "rejected files", None: ROW_NOUNS[rule.frame]}[rule.status]
    n_checked = details["element_count"]
    if rule.expectation == "ExpectColumnValuesToBeBetween":
        values = values.dropna()
        n_checked = len(values)
    if n_checked == 0:
        return f"no {noun} to check"
    if rule.expectation == "ExpectColumnValuesToBeBetween":
        low, high = _number(values.min()), _number(values.max())
        return _counted(low if low == high else f"{low} to {high}", rule.unit)
    n_failing, checked = details["unexpected_count"], _counted(f"{n_checked:,}", noun)
    return f"{n_failing:,} of {checked} fail" if n_failing else checked


def _counted(number: str, unit: str) -> str:
    """A number with its unit, in the singular if it is 1."""
    if number == "1":
        unit = re.sub(r"\b(class(?=es)|film|patient|byte|file)(es|s)\b", r"\1", unit)
    return f"{number} {unit}".strip()


def _number(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.3g}"
