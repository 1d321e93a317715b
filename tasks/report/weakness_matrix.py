"""Every weakness rule against every network, with the numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Questions that the rules ask, the most important first; the page of a network names its answer
RULE_NAMES = {
    "collapsed": "Calls nearly every film the same",
    "without_lungs": "Decides without the lungs",
    "trivial_baseline": "Not shown to beat a trivial baseline",
    "unknown_patients": "Patients are unknown",
    "target_sensitivity": "Misses its target sensitivity",
    "threshold_on_test": "Threshold does not hold on test films",
    "external": "Other hospitals: worse, or not known",
    "weakest_class": "Misses one class",
    "rule_out": "Does not rule out a finding",
    "rule_in": "Does not confirm a finding",
    "heat_outside_lungs": "Heat lies outside the lungs",
    "no_sane_method": "Explanations ignore what it learned",
    "calibration_edge": "Calibration failed",
    "calibration_error": "Probabilities are off",
    "subgroups": "Worse in a group of films",
    "auroc_gap": "Worse on test than on validation",
    "promised_coverage": "Sets of classes miss their promise",
    "foreign_films": "Does not notice foreign films",
    "labels": "Labels may be wrong",
    "few_films": "Few test films",
    "wide_intervals": "Uncertain numbers",
    "undefined_metrics": "Numbers that cannot be computed",
    "missing_outcomes": "Outcomes without an example",
}


@dataclass(frozen=True)
class WeaknessCell:
    """Result of a rule for one network; `is_weak` is None if the rule did not apply."""

    model: str
    page: str
    is_weak: bool | None
    title: str
    number: str


@dataclass(frozen=True)
class WeaknessRow:
    """One rule. `title`: the weakness that it looks for. `n_weak`: networks that have it."""

    title: str
    cells: Sequence[WeaknessCell]
    n_weak: int


def weakness_rows(summaries: Sequence[Mapping[str, Any]]) -> list[WeaknessRow]:
    """One row for each rule, the most important first.

    Args:
        summaries: Contents of `data/summaries/<model>.json`.
    """
    rules = dict.fromkeys(check["rule"] for one in summaries for check in one["weaknesses"])
    return [_row(rule, summaries) for rule in sorted(rules, key=_place)]


def rule_name(rule: str) -> str:
    """The weakness that a rule looks for; the id of a rule without a name.

    Example:
        >>> rule_name("external:city")
        'Worse on films of city, or not known'
    """
    kind, _, cohort = rule.partition(":")
    if kind == "external" and cohort:
        return f"Worse on films of {cohort}, or not known"
    return RULE_NAMES.get(kind, rule.replace("_", " "))


def _place(rule: str) -> tuple[int, str]:
    kind = rule.partition(":")[0]
    order = list(RULE_NAMES)
    return (order.index(kind) if kind in order else len(order), rule)


def _row(rule: str, summaries: Sequence[Mapping[str, Any]]) -> WeaknessRow:
    cells = [_cell(rule, summary) for summary in summaries]
    return WeaknessRow(rule_name(rule), cells, sum(cell.is_weak is True for cell in cells))


def collapsed_networks(summaries: Sequence[Mapping[str, Any]]) -> list[WeaknessCell]:
    """Networks that call nearly every film the same: their other numbers say little."""
    cells = [_cell("collapsed", summary) for summary in summaries]
    return [cell for cell in cells if cell.is_weak]


def _cell(rule: str, summary: Mapping[str, Any]) -> WeaknessCell:
    checks = [check for check in summary["weaknesses"] if check["rule"] == rule]
    model, page = summary["model"], summary["page"]
    if not checks:
        return WeaknessCell(model, page, None, "", "")
    check = checks[0]
    return WeaknessCell(model, page, check["is_weak"], check["title"], check["number"])
