"""What a network is good for and what not: every rule, in the order of importance."""

from tasks.page.evaluation.collapsed_calls import collapse
from tasks.page.evaluation.evaluation_inputs import EvaluationInputs
from tasks.page.evaluation.home_rules import (
    home_performance,
    ruling_in,
    ruling_out,
    trivial_rules,
    weakest_class,
)
from tasks.page.evaluation.statement import Statement
from tasks.page.evaluation.travel_rules import (
    calibration_at_home_and_abroad,
    cohorts_abroad,
    left_without_lungs,
    threshold_on_test,
)
from tasks.page.evaluation.trust_rules import (
    foreign_films,
    label_errors,
    promised_coverage,
    readings_of_test,
    refused_films,
    worst_subgroup,
)


def judge(inputs: EvaluationInputs) -> list[Statement]:
    """Apply every rule. A rule is silent where the numbers that it needs are undefined.

    Returns:
        In the order of importance; a collapsed network is said first. A network that decides next
        to nothing is praised for nothing: what would be `good` is `open` there.
    """
    fallen = collapse(inputs.evaluation)
    found = [
        fallen,
        home_performance(inputs),
        ruling_out(inputs),
        ruling_in(inputs),
        weakest_class(inputs),
        left_without_lungs(inputs),
        trivial_rules(inputs),
        threshold_on_test(inputs),
        *cohorts_abroad(inputs),
        calibration_at_home_and_abroad(inputs),
        promised_coverage(inputs),
        foreign_films(inputs),
        refused_films(inputs),
        worst_subgroup(inputs),
        label_errors(inputs),
        readings_of_test(inputs),
    ]
    statements = [one for one in found if one is not None]
    if fallen is None:
        return statements
    return [
        Statement("open", one.title, one.text) if one.kind == "good" else one for one in statements
    ]
