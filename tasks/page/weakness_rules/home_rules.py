"""Rules on the home test films: what a call at the operating point is worth."""

from collections.abc import Sequence

from tasks.core.html.number_format import EstimateJson, count_of, format_number
from tasks.page.figure_text import (
    NO_ESTIMATE,
    Finding,
    bounds_of,
    estimate_of,
    figure,
    interval_text,
    short_text,
)
from tasks.page.page_inputs import PageInputs
from tasks.page.page_text import finding_name, normal_name
from tasks.page.weakness_rules.weakness_check import WeaknessCheck

# Source: Jaeschke, Guyatt and Sackett, JAMA 271:703-707, 1994: likelihood ratios above 10 or below
# 0.1 change the probability of a disease so much that they often decide.
RULES_IN, RULES_OUT = 10.0, 0.1
LOWEST_RECALL = 0.5  # a class that is missed more often than found; our choice


def target_sensitivity(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether the threshold reaches on test the sensitivity that it was chosen for."""
    point = inputs.evaluation["operating_point"]
    sensitivity = estimate_of(inputs.evaluation, "test", "sensitivity")
    target = point["target_sensitivity"]
    if sensitivity["value"] is None or target is None:  # another rule chose the threshold
        return None
    wanted, number = format_number(target), short_text(sensitivity)
    detail = (
        f"On the validation films the threshold reaches a sensitivity of {wanted} or more. "
        f"On the test films: {figure('sensitivity', sensitivity, 3)}."
    )
    if sensitivity["value"] < target:
        ends = bounds_of(sensitivity)
        chance = " (may be chance)" if ends is None or ends[1] >= target else ""
        title = f"Misses its target sensitivity of {wanted}: {number}{chance}"
        return WeaknessCheck("target_sensitivity", title, detail, number, is_weak=True)
    title = f"Reaches its target sensitivity of {wanted}: {number}"
    return WeaknessCheck("target_sensitivity", title, detail, number, is_weak=False)


def ruling_out(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether a film that is called negative hardly has a finding. Limit: ratio 0.1."""
    sensitivity = estimate_of(inputs.evaluation, "test", "sensitivity")
    specificity = estimate_of(inputs.evaluation, "test", "specificity")
    ratio = _ratio(_complement(sensitivity), specificity)
    if inputs.evaluation["negative_class"] is None or ratio["value"] is None:
        return None
    name = f"called {normal_name(inputs.evaluation)}"
    finding = finding_name(inputs.evaluation)
    detail = (
        f"A film {name} leaves the odds of {finding} at {interval_text(ratio)} of what they were; "
        f"{format_number(RULES_OUT, 1)} or less often decides."
    )
    use = f"rule out {finding}: it leaves {short_text(ratio)} of the odds"
    return _by_limit("rule_out", use, detail, ratio, RULES_OUT, is_low=True)


def ruling_in(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether a film that is called positive is strong evidence. Limit: ratio 10."""
    sensitivity = estimate_of(inputs.evaluation, "test", "sensitivity")
    specificity = estimate_of(inputs.evaluation, "test", "specificity")
    ratio = _ratio(sensitivity, _complement(specificity))
    if inputs.evaluation["negative_class"] is None or ratio == NO_ESTIMATE:
        return None
    finding = finding_name(inputs.evaluation)
    factor = _factor_text(ratio)
    detail = (
        f"A film called {finding} multiplies the odds of {finding} by {factor}; "
        f"{format_number(RULES_IN, 0)} or more often decides."
    )
    use = f"confirm {finding}: it multiplies the odds by {factor.replace('95 % interval ', '')}"
    return _by_limit("rule_in", use, detail, ratio, RULES_IN, is_low=False)


def _factor_text(ratio: EstimateJson) -> str:
    """A ratio with its interval; open above where the specificity may be 1."""
    if ratio["high"] is not None or ratio["low"] is None:
        return interval_text(ratio, 1)
    value = "a factor without limit" if ratio["value"] is None else format_number(ratio["value"], 1)
    return f"{value} (95 % interval from {format_number(ratio['low'], 1)} on)"


def _by_limit(
    rule: str, use: str, detail: str, ratio: EstimateJson, limit: float, *, is_low: bool
) -> WeaknessCheck:
    """Weak if the value does not keep the limit; it helps if the whole interval does."""
    sign = 1 if is_low else -1
    worst, value = ratio["high" if is_low else "low"], ratio["value"]
    number = short_text(ratio) if is_low else _factor_text(ratio).replace("95 % interval ", "")
    if value is not None and sign * value > sign * limit:
        return WeaknessCheck(rule, f"Does not {use}", detail, number, is_weak=True)
    if worst is not None and sign * worst <= sign * limit:
        return WeaknessCheck(rule, f"Helps to {use}", detail, number, is_weak=False)
    detail += " The interval reaches beyond that limit: too few films to be sure."
    return WeaknessCheck(rule, f"May help to {use}", detail, number, is_weak=False)


def _complement(estimate: EstimateJson) -> EstimateJson:
    value, ends = estimate["value"], bounds_of(estimate)
    low, high = (None, None) if ends is None else (1 - ends[1], 1 - ends[0])
    return {"value": None if value is None else 1 - value, "low": low, "high": high}


def _ratio(above: EstimateJson, below: EstimateJson) -> EstimateJson:
    """Ratio with the widest interval that both intervals allow; null where it divides by 0."""
    ends, other = bounds_of(above), bounds_of(below)
    value = _quotient(above["value"], below["value"])
    if ends is None or other is None:
        return {"value": value, "low": None, "high": None}
    low, high = _quotient(ends[0], other[1]), _quotient(ends[1], other[0])
    return {"value": value, "low": low, "high": high}


def _quotient(above: float | None, below: float | None) -> float | None:
    return None if above is None or not below else above / below


def weakest_class(inputs: PageInputs) -> WeaknessCheck | None:
    """The class that the likeliest class finds least, of more than two. Limit: a recall of 0.5."""
    classes = inputs.evaluation["classes_view"]["test"]
    rows: Sequence[Finding] = [
        row for row in classes["per_class"] if estimate_of(row, "recall")["value"] is not None
    ]
    if len(classes["labels"]) < 3 or not rows:
        return None
    worst = min(rows, key=lambda row: float(row["recall"]["value"]))
    is_weak, number = worst["recall"]["value"] < LOWEST_RECALL, short_text(worst["recall"])
    detail = (
        f"By its likeliest class, {worst['name']} is found least: "
        f"{figure('recall', worst['recall'])} on {count_of(worst['n_images'], 'film')}. "
        f"{figure('Macro F1', estimate_of(classes, 'macro', 'f1'))}."
    )
    title = f"Finds {worst['name']} least: recall {number}"
    if is_weak:
        title = f"Misses more {worst['name']} films than it finds: recall {number}"
    return WeaknessCheck("weakest_class", title, detail, number, is_weak)
