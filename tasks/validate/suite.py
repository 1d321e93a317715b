"""The suite of the data gate: all expectations, in reading order.

They are data here; `rule_runner.py` passes each to Great Expectations.
"""

from dataclasses import replace

from tasks.core.errors import ParamsError
from tasks.core.params import ValidateParams
from tasks.validate.rules import classes, columns, distributions, ranges, rejects, repeats
from tasks.validate.rules.rule import Rule


def build_suite(params: ValidateParams, min_side_px: int) -> list[Rule]:
    """All expectations, in the order of `RULE_GROUPS`.

    Args:
        params: Thresholds and severities, section `validate` of params.yaml. Without a reference
            manifest the group `drift` is left out.
        min_side_px: Shortest side of a usable film, `ingest.min_side_px`.

    Returns:
        Rules with unique names.

    Raises:
        ParamsError: `severity` names an expectation that does not exist.
    """
    rules = [
        *columns.schema_rules(),
        *columns.identity_rules(),
        *ranges.range_rules(params, min_side_px),
        *ranges.picture_rules(params),
        *classes.class_rules(params),
        *classes.class_size_rules(params),
        *rejects.reject_rules(params),
        *repeats.duplicate_rules(params),
        *repeats.leakage_rules(),
        *distributions.shortcut_rules(params),
        *distributions.drift_rules(params),
    ]
    known = [rule.name for rule in rules]
    unknown = sorted(set(params.severity) - set(known))
    if unknown:
        raise ParamsError(
            "validate.severity must name expectations of the suite",
            found=", ".join(unknown),
            where="params.yaml, validate.severity",
            next_step=f"use one of: {', '.join(sorted(known))}",
        )
    return [
        replace(rule, severity=params.severity.get(rule.name, rule.severity))
        for rule in rules
        if rule.group != "drift" or params.reference is not None
    ]
