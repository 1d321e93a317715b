"""Rules on the home test films: what the network decides, and whether a trivial rule does it."""

from collections.abc import Sequence

from tasks.core.html.number_format import EstimateJson, count_of, format_number
from tasks.page.evaluation.evaluation_inputs import EvaluationInputs
from tasks.page.evaluation.statement import (
    NO_ESTIMATE,
    Finding,
    Statement,
    bounds_of,
    estimate_of,
    figure,
    interval_text,
    is_clearly_below,
)
from tasks.page.page_text import finding_name, normal_name

# Source: Jaeschke, Guyatt and Sackett, JAMA 271:703-707, 1994: likelihood ratios above 10 or below
# 0.1 change the probability of a disease so much that they often decide.
RULES_IN, RULES_OUT = 10.0, 0.1
LOWEST_RECALL = 0.5  # a class that is missed more often than found; our choice


def home_performance(inputs: EvaluationInputs) -> Statement | None:
    """Films found and false alarms at the operating point."""
    evaluation = inputs.evaluation
    if evaluation["negative_class"] is None:
        return None
    test, c = evaluation["test"], evaluation["test"]["confusion"]
    finding, normal = finding_name(evaluation), normal_name(evaluation)
    return Statement(
        "open",
        "At home, at its operating point",
        f"It finds {c['tp']} of {count_of(c['tp'] + c['fn'], f'{finding} film')} "
        f"({figure('sensitivity', estimate_of(test, 'sensitivity'))}) and raises a false alarm on "
        f"{c['fp']} of {count_of(c['fp'] + c['tn'], f'{normal} film')} "
        f"({figure('specificity', estimate_of(test, 'specificity'))}). How well it orders the "
        f"films, whatever the threshold: {figure('AUROC', estimate_of(test, 'auroc'))}.",
    )


def ruling_out(inputs: EvaluationInputs) -> Statement | None:
    """Whether a film that is called negative hardly has a finding. Limit: ratio 0.1."""
    sensitivity = estimate_of(inputs.evaluation, "test", "sensitivity")
    specificity = estimate_of(inputs.evaluation, "test", "specificity")
    ratio = _ratio(_complement(sensitivity), specificity)
    if inputs.evaluation["negative_class"] is None or ratio["value"] is None:
        return None
    name = f"called {normal_name(inputs.evaluation)}"
    finding = finding_name(inputs.evaluation)
    text = (
        f"A film {name} leaves the odds of {finding} at {interval_text(ratio)} of what they were; "
        f"{format_number(RULES_OUT, 1)} or less often decides."
    )
    return _by_limit(f"rule out {finding}", text, ratio, RULES_OUT, is_low=True)


def ruling_in(inputs: EvaluationInputs) -> Statement | None:
    """Whether a film that is called positive is strong evidence. Limit: ratio 10."""
    sensitivity = estimate_of(inputs.evaluation, "test", "sensitivity")
    specificity = estimate_of(inputs.evaluation, "test", "specificity")
    ratio = _ratio(sensitivity, _complement(specificity))
    if inputs.evaluation["negative_class"] is None or ratio == NO_ESTIMATE:
        return None
    finding = finding_name(inputs.evaluation)
    factor = interval_text(ratio, 1)
    if ratio["high"] is None and ratio["low"] is not None:  # the specificity may be 1
        value = "a factor" if ratio["value"] is None else format_number(ratio["value"], 1)
        factor = f"{value} (95 % interval from {format_number(ratio['low'], 1)} on)"
    text = (
        f"A film called {finding} multiplies the odds of {finding} by {factor}; "
        f"{format_number(RULES_IN, 0)} or more often decides."
    )
    return _by_limit(f"confirm {finding}", text, ratio, RULES_IN, is_low=False)


def _by_limit(use: str, text: str, ratio: EstimateJson, limit: float, *, is_low: bool) -> Statement:
    """Good if the whole interval keeps the limit, bad if the value does not, open between."""
    sign = 1 if is_low else -1
    worst = ratio["high" if is_low else "low"]
    value = ratio["value"]
    if value is not None and sign * value > sign * limit:
        return Statement("bad", f"At home, it cannot {use}", text)
    if worst is not None and sign * worst <= sign * limit:
        return Statement("good", f"At home, it helps to {use}", text)
    text += " The interval reaches beyond that limit: too few films to be sure."
    return Statement("open", f"At home, it may help to {use}", text)


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


def weakest_class(inputs: EvaluationInputs) -> Statement | None:
    """The class that the likeliest class finds least, of more than two. Limit: a recall of 0.5."""
    classes = inputs.evaluation["classes_view"]["test"]
    rows: Sequence[Finding] = [
        row for row in classes["per_class"] if estimate_of(row, "recall")["value"] is not None
    ]
    if len(classes["labels"]) < 3 or not rows:
        return None
    worst = min(rows, key=lambda row: float(row["recall"]["value"]))
    is_bad = worst["recall"]["value"] < LOWEST_RECALL
    text = (
        f"By its likeliest class, {worst['name']} is found least: "
        f"{figure('recall', worst['recall'])} on {count_of(worst['n_images'], 'film')}. "
        f"{figure('Macro F1', estimate_of(classes, 'macro', 'f1'))}."
    )
    title = f"It misses more {worst['name']} films than it finds" if is_bad else "The weakest class"
    return Statement("bad" if is_bad else "open", title, text)


def trivial_rules(inputs: EvaluationInputs) -> Statement | None:
    """Whether a rule that looks at no lung does as well. Limit: the intervals do not overlap."""
    rivals = [
        one for one in inputs.baselines if estimate_of(one, "test", "auroc")["value"] is not None
    ]
    auroc = estimate_of(inputs.evaluation, "test", "auroc")
    if not rivals or auroc["value"] is None:
        return None
    best = max(rivals, key=lambda one: float(one["test"]["auroc"]["value"]))
    rival = best["test"]["auroc"]
    is_ahead = is_clearly_below(rival, auroc)
    text = (
        f"The best rule that looks at no lung, “{best['name']}”, reaches "
        f"{figure('AUROC', rival)} on the same films; the network {figure('AUROC', auroc)}."
    )
    if is_ahead:
        return Statement("good", "Better than rules that look at no lung", text)
    text += " The intervals overlap: these films do not show that the lungs are needed."
    return Statement("bad", "A rule that looks at no lung may be as good", text)
