"""Every rule that looks for a weakness of one model, the most important first."""

from collections.abc import Callable, Sequence

from tasks.page.page_inputs import PageInputs
from tasks.page.page_text import lead_sentence
from tasks.page.weakness_rules.baseline_rule import trivial_baseline
from tasks.page.weakness_rules.calibration_rules import calibration_edge, probability_error
from tasks.page.weakness_rules.collapse_rule import collapsed_network
from tasks.page.weakness_rules.heat_rules import heat_outside_lungs, no_sane_method
from tasks.page.weakness_rules.home_rules import (
    ruling_in,
    ruling_out,
    target_sensitivity,
    weakest_class,
)
from tasks.page.weakness_rules.number_rules import (
    auroc_gap,
    few_films,
    missing_outcomes,
    undefined_metrics,
    unknown_patients,
    wide_intervals,
)
from tasks.page.weakness_rules.travel_rules import (
    cohorts_abroad,
    left_without_lungs,
    threshold_on_test,
)
from tasks.page.weakness_rules.trust_rules import (
    foreign_films,
    label_errors,
    promised_coverage,
    worst_subgroup,
)
from tasks.page.weakness_rules.weakness_check import WeaknessCheck

WeaknessRule = Callable[[PageInputs], WeaknessCheck | Sequence[WeaknessCheck] | None]
RULES: tuple[
    WeaknessRule, ...
] = (  # the order is our choice: what makes every other number void is first
    collapsed_network,
    left_without_lungs,
    trivial_baseline,
    unknown_patients,
    target_sensitivity,
    threshold_on_test,
    cohorts_abroad,
    weakest_class,
    ruling_out,
    ruling_in,
    heat_outside_lungs,
    no_sane_method,
    calibration_edge,
    probability_error,
    worst_subgroup,
    auroc_gap,
    promised_coverage,
    foreign_films,
    label_errors,
    few_films,
    wide_intervals,
    undefined_metrics,
    missing_outcomes,
)
# The compliance pack states what these found; it must know when they had no numbers to judge
TOLD_RULES: dict[str, WeaknessRule] = {
    "heat_outside_lungs": heat_outside_lungs,
    "no_sane_method": no_sane_method,
    "subgroups": worst_subgroup,
    "without_lungs": left_without_lungs,
}


def find_weaknesses(inputs: PageInputs) -> list[WeaknessCheck]:
    """Apply every rule. A rule is silent where the numbers that it needs are undefined.

    Returns:
        Weaknesses first, then what is no weakness; each in the order of importance.
    """
    found: list[WeaknessCheck] = []
    for rule in RULES:
        result = rule(inputs)
        if isinstance(result, WeaknessCheck):
            found.append(result)
        else:
            found.extend(result or ())
    return sorted(found, key=lambda one: not one.is_weak)


def silent_rules(inputs: PageInputs) -> list[str]:
    """Ids of the rules of TOLD_RULES that are silent, because their numbers are undefined."""
    return [name for name, rule in TOLD_RULES.items() if rule(inputs) is None]


def verdict_sentence(inputs: PageInputs) -> str:
    """What the network did on the test films; that it decides nothing comes before it."""
    lead = lead_sentence(inputs.evaluation, inputs.n_without_patient())
    result = collapsed_network(inputs)
    if result is None or not result.is_weak:
        return lead
    return f"{result.title}. {lead}"
