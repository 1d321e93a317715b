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

from tasks.validate.frames import NOUNS, build_frames
from tasks.validate.rule import Rule

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context.data_context.ephemeral_data_context import (
        EphemeralDataContext,
    )
    from great_expectations.expectations.expectation import Expectation

MAX_ROWS = 20  # failing rows named per rule; n_failing counts them all

Row = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What Great Expectations found for one rule.

    group, name, title, severity, threshold: As in `Rule`.
    passed: Whether the rule holds; False as well when it could not be judged.
    observed: What was found, in plain words, or why the rule could not be judged.
    n_failing: Rows that break the rule; 0 for a rule about the table as a whole.
    rows: Up to MAX_ROWS of them, sorted by path.
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


def judge(manifest: pd.DataFrame, rules: Sequence[Rule]) -> list[Outcome]:
    """Judge a manifest by every rule.

    Args:
        manifest: As in `tasks.tables.MANIFEST`; a missing column is itself judged.
        rules: From `suite.build_suite`.

    Returns:
        One outcome per rule, in the order of the rules.
    """
    frames = build_frames(manifest)
    context = _open_context()
    results: dict[str, ExpectationValidationResult] = {}
    for name in dict.fromkeys(rule.frame for rule in rules):
        about = [rule for rule in rules if rule.frame == name]
        results |= _validate(context, name, frames[name], about)
    return [_outcome(rule, frames[rule.frame], results[rule.name]) for rule in rules]


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
    shown = [] if name == "manifest" else ["path", *(name for rule in rules for name in rule.shows)]
    form = {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": list(dict.fromkeys(shown)),
    }
    found = batch.validate(suite, result_format=form)
    configs = ((result.expectation_config, result) for result in found.results)
    return {config.meta["name"]: result for config, result in configs if config and config.meta}


def _expectation(rule: Rule) -> "Expectation":
    from great_expectations import expectations
    from great_expectations.expectations.row_conditions import Column

    arguments: dict[str, Any] = dict(rule.arguments)
    if rule.status is not None:
        arguments["row_condition"] = Column("status") == rule.status
    expectation: Expectation = getattr(expectations, rule.expectation)(
        **arguments,
        severity="critical" if rule.severity == "error" else "warning",
        meta={"name": rule.name},
    )
    return expectation


def _outcome(rule: Rule, frame: pd.DataFrame, result: "ExpectationValidationResult") -> Outcome:
    fault = _fault(result.exception_info)
    details: dict[str, Any] = dict(result.result or {})
    passed = bool(result.success) and fault is None
    failing = [] if passed or fault else _failing_rows(rule, frame, details)
    return Outcome(
        group=rule.group,
        name=rule.name,
        title=rule.title,
        severity=rule.severity,
        passed=passed,
        observed=f"could not be judged: {fault}" if fault else _observed(rule, frame, details),
        threshold=rule.threshold,
        n_failing=len(failing),
        rows=failing[:MAX_ROWS],
    )


def _fault(exception_info: Mapping[str, Any] | None) -> str | None:
    """Text of an exception inside Great Expectations: reported flat, or one per metric."""
    info = exception_info or {}
    nested = [part for part in info.values() if isinstance(part, Mapping)]
    raised = [part for part in [info, *nested] if part.get("raised_exception")]
    texts = sorted({" ".join(str(part["exception_message"]).split()) for part in raised})
    return "; ".join(texts) or None


def _failing_rows(rule: Rule, frame: pd.DataFrame, details: Mapping[str, Any]) -> list[Row]:
    if "unexpected_index_list" in details:
        found = details["unexpected_index_list"]
    elif rule.expectation == "ExpectColumnMeanToBeBetween":  # a share: the rows that add to it
        found = frame[frame[rule.arguments["column"]] > 0].to_dict("records")
    else:
        return []
    rows = [{name: _plain(row.get(name)) for name in ("path", *rule.shows)} for row in found]
    return sorted(rows, key=lambda row: str(row["path"]))


def _plain(value: Any) -> Any:
    """A value as JSON knows it: NumPy scalars unpacked, whole numbers as int, no NaN."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() else value
    return None if value is None or value is pd.NA else value


def _observed(rule: Rule, frame: pd.DataFrame, details: Mapping[str, Any]) -> str:
    judged = frame if rule.status is None else frame[frame["status"] == rule.status]
    match rule.expectation:
        case "ExpectTableColumnsToMatchSet":
            missing = details.get("details", {}).get("mismatched", {}).get("missing", [])
            return f"missing: {', '.join(missing)}" if missing else f"{frame.shape[1]} columns"
        case "ExpectTableRowCountToBeBetween":
            return f"{details['observed_value']:,} {rule.unit}"
        case "ExpectColumnUniqueValueCountToBeBetween":
            names = sorted(judged[rule.arguments["column"]].dropna().unique())
            return f"{details['observed_value']}: {', '.join(names)}" if names else "none"
        case "ExpectColumnMeanToBeBetween":
            return _share(judged[rule.arguments["column"]].dropna())
    return _observed_values(rule, judged, details)


def _share(flags: pd.Series) -> str:
    if flags.empty:
        return "nothing to judge"
    return f"{flags.mean():.1%} ({int(flags.sum()):,} of {len(flags):,})".replace("%", " %")


def _observed_values(rule: Rule, judged: pd.DataFrame, details: Mapping[str, Any]) -> str:
    noun = {"ok": "films", "rejected": "rejected files", None: NOUNS[rule.frame]}[rule.status]
    values = judged[rule.arguments["column"]]
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
