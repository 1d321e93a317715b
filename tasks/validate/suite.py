"""The suite of the data gate: all expectations, in reading order.

They are data here; `gate.py` hands each to Great Expectations, which judges.
"""

from dataclasses import replace

from tasks.errors import ParamsError
from tasks.params import ValidateParams
from tasks.validate import audit_rules, film_rules, pair_rules, set_rules
from tasks.validate.rule import Rule


def build_suite(params: ValidateParams, min_side_px: int) -> list[Rule]:
    """All expectations, in the order of `rule.GROUPS`.

    Args:
        params: Thresholds and severities, section `validate` of params.yaml. Without a reference
            manifest there is nothing to drift from, and the group `drift` is left out.
        min_side_px: Shortest side of a usable film, `ingest.min_side_px`.

    Returns:
        Rules with unique names.

    Raises:
        ParamsError: `severity` names an expectation that does not exist.
    """
    rules = [
        *film_rules.schema(),
        *film_rules.identity(),
        *film_rules.ranges(params, min_side_px),
        *film_rules.pictures(params),
        *set_rules.classes(params),
        *set_rules.class_sizes(params),
        *set_rules.rejects(params),
        *pair_rules.duplicates(params),
        *pair_rules.leakage(),
        *audit_rules.shortcuts(params),
        *audit_rules.drift(params),
    ]
    known = [rule.name for rule in rules]
    unknown = sorted(set(params.severity) - set(known))
    if unknown:
        raise ParamsError(
            "validate.severity names expectations of the suite",
            found=", ".join(unknown),
            where="params.yaml, validate.severity",
            next_step=f"use one of: {', '.join(sorted(known))}",
        )
    return [
        replace(rule, severity=params.severity.get(rule.name, rule.severity))
        for rule in rules
        if rule.group != "drift" or params.reference is not None
    ]
