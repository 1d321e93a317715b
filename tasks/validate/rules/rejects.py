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
            title="Few pictures are not used (masks, nested copies, files that are no pictures and "
            "films of no class in the mapping do not count)",
            severity="error",
            threshold=percent_limit(params.max_rejected_share),
            expectation="ExpectColumnMeanToBeBetween",
            arguments={"column": "lost", "max_value": params.max_rejected_share},
            shows=("reason", "detail"),
        ),
        Rule(
            group="rejects",
            name="class_keeps_films",
            title="No class loses a large share of its films (a class may be small, so that its "
            "loss hardly counts among all films)",
            severity="error",
            threshold=percent_limit(params.max_class_rejected_share),
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "percent", "max_value": 100 * params.max_class_rejected_share},
            frame="class_losses",
            shows=("label", "n_lost", "n_films", "reason"),
            unit="% of a class",
        ),
    ]
