"""The suite of the data gate: all expectations, in reading order.

They are data here; `gate.py` hands each to Great Expectations, which judges.
"""

from dataclasses import replace

from tasks.core.errors import ParamsError
from tasks.core.params import ValidateParams
from tasks.validate.rules import audit, films, pairs, sets
from tasks.validate.rules.rule import Rule


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
        *films.schema(),
        *films.identity(),
        *films.ranges(params, min_side_px),
        *films.pictures(params),
        *sets.classes(params),
        *sets.class_sizes(params),
        *sets.rejects(params),
        *pairs.duplicates(params),
        *pairs.leakage(),
        *audit.shortcuts(params),
        *audit.drift(params),
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
