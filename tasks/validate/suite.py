"""The suite of the data gate: all expectations, in reading order.

They are data here; `gate.py` hands each to Great Expectations, which judges.
"""

from tasks.params import ValidateParams
from tasks.validate import film_rules, set_rules
from tasks.validate.rule import Rule


def build_suite(params: ValidateParams, min_side_px: int) -> list[Rule]:
    """All expectations, in the order of `rule.GROUPS`.

    Args:
        params: Thresholds, section `validate` of params.yaml.
        min_side_px: Shortest side of a usable film, `ingest.min_side_px`.

    Returns:
        Rules with unique names.
    """
    return [
        *film_rules.schema(),
        *film_rules.identity(),
        *film_rules.ranges(params, min_side_px),
        *set_rules.classes(params),
        *set_rules.class_sizes(params),
        *set_rules.rejects(params),
        *set_rules.duplicates(params),
        *set_rules.leakage(),
    ]
