"""What is weak about a model, composed from its numbers; a rule each, none left out silently."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.core.html.html import Estimate, interval, number, plural
from tasks.page.evidence import Evidence
from tasks.page.words import estimate_words, outcome_title

WIDE_INTERVAL = 0.10  # between the ends of a 95 % interval; ours
BASELINE_MARGIN = 0.05  # AUROC by which the network must lead a trivial baseline; ours
AUROC_GAP = 0.03  # validation minus test; ours
CALIBRATION_ERROR = 0.05  # mean distance between stated and observed frequency; ours
# Source: Vergouwe et al., J Clin Epidemiol 2005;58:475: at least 100 films with and 100 without
# the finding to judge a model on data it has not seen. Collins et al., Stat Med 2016;35:214 agree.
FEW_FILMS = 100

METRIC_NAMES = {
    "auroc": "AUROC",
    "average_precision": "average precision",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "f1": "F1",
    "brier": "Brier score",
    "calibration_error": "calibration error",
}


@dataclass(frozen=True)
class Finding:
    """Result of one rule.

    weak: whether the rule found a weakness; otherwise the finding says what was checked.
    title, detail: a few words, and a sentence with the numbers.
    """

    weak: bool
    title: str
    detail: str


def find_weaknesses(evidence: Evidence) -> list[Finding]:
    """Apply every rule; the order is that of importance, the same for each model."""
    metrics = evidence.metrics
    rules: list[Callable[[Mapping[str, Any]], Finding | None]] = [
        _baseline,
        _missed_target,
        _worst_subgroup,
        _auroc_gap,
        _wide_intervals,
        _calibration,
        _few_films,
        _undefined,
    ]
    findings = [rule(metrics) for rule in rules]
    findings.append(_missing_outcomes(evidence))
    return [finding for finding in findings if finding is not None]


def _baseline(metrics: Mapping[str, Any]) -> Finding | None:
    baselines = [b for b in metrics["baselines"] if _value(b["test"].get("auroc")) is not None]
    auroc = metrics["test"]["auroc"]
    if not baselines or auroc["value"] is None:
        return None
    best = max(baselines, key=lambda baseline: float(baseline["test"]["auroc"]["value"]))
    lead = auroc["value"] - best["test"]["auroc"]["value"]
    detail = (
        f"Of the rules that look at no lung, “{best['name']}” does best on the same test films: "
        f"{estimate_words('AUROC', best['test']['auroc'])}. The network: "
        f"{estimate_words('AUROC', auroc)}."
    )
    if lead >= BASELINE_MARGIN:
        return Finding(False, "No trivial baseline comes near", detail)
    title = "A trivial baseline is better" if lead < 0 else "A trivial baseline comes close"
    return Finding(True, title, f"{detail} Part of the score may come from the file or exposure.")


def _missed_target(metrics: Mapping[str, Any]) -> Finding | None:
    sensitivity = metrics["test"]["sensitivity"]
    target = metrics["operating_point"]["target_sensitivity"]
    if sensitivity["value"] is None:
        return None
    detail = (
        f"The threshold was set on the validation films to find at least {number(target, 3)} "
        "of the films with a finding. On the test films: "
        f"{estimate_words('sensitivity', sensitivity, 3)}."  # 0.966 is not 0.97
    )
    missed = sensitivity["value"] < target
    return Finding(missed, f"Target sensitivity {'missed' if missed else 'held'} on test", detail)


def _worst_subgroup(metrics: Mapping[str, Any]) -> Finding | None:
    groups = [
        (group, name, group[name])
        for group in metrics["subgroups"]
        for name in ("sensitivity", "specificity")
        if group["split"] == "test" and _value(group.get(name)) is not None
    ]
    if len(groups) < 2:
        return None
    group, name, estimate = min(groups, key=lambda item: float(item[2]["value"]))
    detail = (
        f"{estimate_words(name.capitalize(), estimate)}, on {plural(group['n_images'], 'film')} "
        f"of {plural(group['n_patients'], 'patient')}."
    )
    return Finding(True, f"Weakest group: {group['name']}", detail)


def _auroc_gap(metrics: Mapping[str, Any]) -> Finding | None:
    test, validation = metrics["test"]["auroc"], metrics["validation"]["auroc"]
    if test["value"] is None or validation["value"] is None:
        return None
    gap = validation["value"] - test["value"]
    detail = (
        f"AUROC {number(validation['value'], 3)} ({interval(validation, 3)}) on validation, "
        f"{number(test['value'], 3)} ({interval(test, 3)}) on test."
    )
    if gap > AUROC_GAP:
        return Finding(True, "Worse on test than on validation", detail)
    return Finding(False, "Test AUROC holds against validation", detail)


def _wide_intervals(metrics: Mapping[str, Any]) -> Finding:
    wide = [
        f"{METRIC_NAMES[name]} {interval(metrics['test'][name])}"
        for name in METRIC_NAMES
        if _width(metrics["test"].get(name)) > WIDE_INTERVAL
    ]
    rule = f"wider than {number(WIDE_INTERVAL)}"
    if not wide:
        return Finding(False, "Intervals are narrow", f"No 95 % interval on test is {rule}.")
    return Finding(True, "Wide intervals", f"95 % intervals on test {rule}: {', '.join(wide)}.")


def _calibration(metrics: Mapping[str, Any]) -> Finding | None:
    error = metrics["test"]["calibration_error"]
    if error["value"] is None:
        return None
    weak = error["value"] > CALIBRATION_ERROR
    title = "Probabilities are off" if weak else "Probabilities can be read as frequencies"
    detail = (
        "Stated probability and observed share of films with a finding differ on average by "
        f"{number(error['value'], 3)} (95 % interval {interval(error, 3)})."
    )
    return Finding(weak, title, detail)


def _few_films(metrics: Mapping[str, Any]) -> Finding:
    n_positive = metrics["test"]["n_positive"]
    n_negative = metrics["test"]["n_images"] - n_positive
    few = min(n_positive, n_negative) < FEW_FILMS
    detail = (
        f"{plural(n_positive, 'test film')} with a finding and {n_negative} without, of "
        f"{plural(metrics['test']['n_patients'], 'patient')}; at least {FEW_FILMS} of each are "
        "advised to judge a model."
    )
    return Finding(few, "Few test films" if few else "Enough test films", detail)


def _undefined(metrics: Mapping[str, Any]) -> Finding | None:
    names = [
        METRIC_NAMES[name]
        for name in METRIC_NAMES
        if name in metrics["test"] and metrics["test"][name]["value"] is None
    ]
    if not names:
        return None
    return Finding(True, "Undefined on test", f"Could not be computed: {', '.join(names)}.")


def _missing_outcomes(evidence: Evidence) -> Finding | None:
    missing = evidence.explanations["missing_outcomes"]
    if not missing:
        return None
    kinds = "; ".join(outcome_title(outcome, evidence.metrics) for outcome in missing)
    return Finding(
        True,
        "Not every outcome can be shown",
        f"No test film ended as: {kinds}. This page cannot show what that would look like.",
    )


def _value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate["value"]


def _width(estimate: Estimate | None) -> float:
    if estimate is None or estimate["low"] is None or estimate["high"] is None:
        return 0.0
    return estimate["high"] - estimate["low"]
