"""Expectations about rejected files."""

from tasks.core.params import ValidateParams
from tasks.validate.rules.rule import Rule, percent_limit


def reject_rules(params: ValidateParams) -> list[Rule]:
    """Every rejected file has a reason, and few films were rejected."""
    return [
        Rule(
            group="rejects",
            name="status_known",
            title="Every file is either usable or rejected",
            severity="error",
            threshold="ok or rejected",
            expectation="ExpectColumnValuesToBeInSet",
            arguments={"column": "status", "value_set": ["ok", "rejected"]},
            shows=("status",),
        ),
        Rule(
            group="rejects",
            name="rejection_has_reason",
            title="Every rejected file has a reason code",
            severity="error",
            threshold="no reason missing",
            expectation="ExpectColumnValuesToNotBeNull",
            arguments={"column": "reason"},
            status="rejected",
        ),
        Rule(
            group="rejects",
            name="usable_has_no_reason",
            title="No usable film has a reason code",
            severity="error",
            threshold="no reason given",
            expectation="ExpectColumnValuesToBeNull",
            arguments={"column": "reason"},
            status="ok",
            shows=("reason",),
        ),
        Rule(
            group="rejects",
            name="few_rejected",
            title="Few films were rejected (masks, nested copies and files that are no images do "
            "not count)",
            severity="error",
            threshold=percent_limit(params.max_rejected_share),
            expectation="ExpectColumnMeanToBeBetween",
            arguments={"column": "lost", "max_value": params.max_rejected_share},
            shows=("reason",),
        ),
    ]
