"""Runs the suite through Great Expectations and says, rule by rule, what was found.

The only module that imports Great Expectations. Its context lives in memory, asks no network and
writes nothing.
"""

import logging
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from tasks.validate.frames import NOUNS
from tasks.validate.rules.rule import Rule

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context.data_context.ephemeral_data_context import (
        EphemeralDataContext,
    )
    from great_expectations.expectations.expectation import Expectation

MAX_ROWS = 20  # failing rows named per rule; n_failing counts them all
RESULT_FORMAT = {
    "result_format": "SUMMARY",  # counts, and the first failing rows by their place in the table
    "partial_unexpected_count": MAX_ROWS,
    "return_unexpected_index_query": False,  # a text that lists a million numbers
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What Great Expectations found for one rule.

    group, name, title, severity, threshold: As in `Rule`.
    passed: Whether the rule holds; False as well when it could not be judged.
    observed: What was found, in plain words, or why the rule could not be judged.
    n_failing: Rows that break the rule; 0 for a rule about the table as a whole.
    rows: The first MAX_ROWS of them in the order of the table, which is by path for films; the
        first key names the row.
    """

    group: str
    name: str
    title: str
    severity: str
    passed: bool
    observed: str
    threshold: str
    n_failing: int
    rows: list[Row]


def judge(frames: Mapping[str, pd.DataFrame], rules: Sequence[Rule]) -> list[Outcome]:
    """Judge the tables by every rule.

    Args:
        frames: From `frames.build_frames`; each has a unique index.
        rules: From `suite.build_suite`.

    Returns:
        One outcome per rule, in the order of the rules.
    """
    context = _open_context()
    results: dict[str, ExpectationValidationResult] = {}
    for subject in dict.fromkeys(map(_subject, rules)):
        about = [rule for rule in rules if _subject(rule) == subject]
        results |= _validate(context, str(subject), _judged(frames[subject[0]], *subject), about)
    return [_outcome(rule, frames[rule.frame], results[rule.name]) for rule in rules]


def _subject(rule: Rule) -> tuple[str, str | None, str | None]:
    """Table, rows and column that a rule is about; None stands for all."""
    return rule.frame, rule.status, rule.arguments.get("column")


def _judged(frame: pd.DataFrame, _: str, status: str | None, column: str | None) -> pd.DataFrame:
    """Those alone: the engine copies its table again and again."""
    rows = slice(None) if status is None else frame["status"] == status
    if column is not None:
        return frame.loc[rows, frame.columns == column]
    return frame if frame.empty else frame.loc[rows, frame.columns[:1]]


def _open_context() -> "EphemeralDataContext":
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the package is imported
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # results carry its errors; the second logger sets a level of its own
    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _validate(
    context: "EphemeralDataContext", name: str, frame: pd.DataFrame, rules: Sequence[Rule]
) -> "dict[str, ExpectationValidationResult]":
    """Results of the rules about one table, by rule name."""
    from great_expectations import ExpectationSuite

    batch = (
        context.data_sources.add_pandas(name)
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
        .get_batch(batch_parameters={"dataframe": frame})
    )
    suite = ExpectationSuite(name=name, expectations=[_expectation(rule) for rule in rules])
    found = batch.validate(suite, result_format=RESULT_FORMAT)
    context.data_sources.delete(name)  # it would keep its copy of the table
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


def _outcome(rule: Rule, frame: pd.DataFrame, result: "ExpectationValidationResult") -> Outcome:
    fault = _fault(result.exception_info)
    details: dict[str, Any] = dict(result.result or {})
    passed = bool(result.success) and fault is None
    n_failing, rows = (0, []) if passed or fault else _failing_rows(rule, frame, details)
    return Outcome(
        group=rule.group,
        name=rule.name,
        title=rule.title,
        severity=rule.severity,
        passed=passed,
        observed=f"could not be judged: {fault}" if fault else _observed(rule, frame, details),
        threshold=rule.threshold,
        n_failing=n_failing,
        rows=rows,
    )


def _fault(exception_info: Mapping[str, Any] | None) -> str | None:
    """Text of an exception inside Great Expectations: reported flat, or one per metric."""
    info = exception_info or {}
    nested = [part for part in info.values() if isinstance(part, Mapping)]
    raised = [part for part in [info, *nested] if part.get("raised_exception")]
    texts = sorted({" ".join(str(part["exception_message"]).split()) for part in raised})
    return "; ".join(texts) or None


def _failing_rows(
    rule: Rule, frame: pd.DataFrame, details: Mapping[str, Any]
) -> tuple[int, list[Row]]:
    """How many rows break a rule, and the first of them with what is shown of each."""
    if "partial_unexpected_index_list" in details:
        n_failing = int(details["unexpected_count"])
        places = sorted(details["partial_unexpected_index_list"])
    elif rule.expectation == "ExpectColumnMeanToBeBetween":  # a share: the rows that add to it
        adding = frame.index[frame[rule.arguments["column"]] > 0]
        n_failing, places = len(adding), list(adding[:MAX_ROWS])
    else:
        return 0, []
    names = [rule.key, *rule.shows]
    return n_failing, plain_rows(frame.loc[places, names])


def plain_rows(table: pd.DataFrame) -> list[Row]:
    """The rows of a table as JSON knows them."""
    records = table.to_dict("records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in records]


def _plain(value: Any) -> Any:
    """A value as JSON knows it: NumPy scalars unpacked, whole numbers as int, no NaN."""
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
            return f"{details['observed_value']:,} {rule.unit}"
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
        return "nothing to judge"
    return f"{flags.mean():.1%} ({int(flags.sum()):,} of {len(flags):,})".replace("%", " %")


def _observed_values(rule: Rule, values: pd.Series, details: Mapping[str, Any]) -> str:
    noun = {"ok": "films", "rejected": "rejected files", None: NOUNS[rule.frame]}[rule.status]
    n_judged = details["element_count"]
    if rule.expectation == "ExpectColumnValuesToBeBetween":
        values = values.dropna()
        n_judged = len(values)
    if n_judged == 0:
        return f"no {noun} to judge"
    if rule.expectation == "ExpectColumnValuesToBeBetween":
        low, high = _number(values.min()), _number(values.max())
        return f"{low if low == high else f'{low} to {high}'} {rule.unit}".strip()
    n_failing = details["unexpected_count"]
    return f"{n_failing:,} of {n_judged:,} {noun} fail" if n_failing else f"{n_judged:,} {noun}"


def _number(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.3g}"
