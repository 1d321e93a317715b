"""Rules that check a model for weaknesses. Every rule reports, also if it finds none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.core.html.number_format import EstimateJson, count_of, format_interval, format_number
from tasks.page.evaluation.collapsed_calls import collapse
from tasks.page.page_inputs import PageInputs
from tasks.page.page_text import outcome_title, score_text

WIDE_INTERVAL = 0.10  # distance of the ends of a 95 % interval; our choice
BASELINE_MARGIN = 0.05  # AUROC by which the network must lead a trivial baseline; our choice
# Of a corrected p value. Source: Holm, Scand. J. Stat. 6:65-70, 1979; 0.05 is the usual level
SIGNIFICANT = 0.05
SUBGROUP_GAP = 0.10  # below the value of all films; our choice
AUROC_GAP = 0.03  # validation minus test; our choice
CALIBRATION_LIMIT = 0.05  # mean difference of predicted and observed frequency; our choice
# Source: Vergouwe et al., J Clin Epidemiol 2005;58:475: at least 100 films with and 100 films
# without the finding to validate a model. Collins et al., Stat Med 2016;35:214 agree.
FEW_FILMS = 100

METRIC_TITLES = {
    "auroc": "AUROC",
    "average_precision": "average precision",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "f1": "F1",
    "mcc": "Matthews correlation",
    "log_loss": "log loss",
    "brier": "Brier score",
    "calibration_error": "calibration error",
}

_Evaluation = Mapping[str, Any]


@dataclass(frozen=True)
class WeaknessCheck:
    """Result of one rule.

    is_weak: whether the rule found a weakness.
    title, detail: a few words, and a sentence with the numbers.
    """

    is_weak: bool
    title: str
    detail: str


def find_weaknesses(inputs: PageInputs) -> list[WeaknessCheck]:
    """Apply every rule. The order is that of importance, the same for each model.

    A rule gives no result if the numbers that it needs are undefined.
    """
    rules: list[Callable[[_Evaluation], WeaknessCheck | None]] = [
        _collapse,
        _target_sensitivity,
        _subgroups,
        _auroc_gap,
        _wide_intervals,
        _calibration,
        _few_films,
        _undefined_metrics,
    ]
    if inputs.evaluation["negative_class"] is None:  # no rule on findings applies
        rules = [_collapse, _few_films_of_a_class]
    checks = [_baselines(inputs), *(rule(inputs.evaluation) for rule in rules)]
    checks.append(_missing_outcomes(inputs))
    return [check for check in checks if check is not None]


def _baselines(inputs: PageInputs) -> WeaknessCheck | None:
    baselines = [one for one in inputs.baselines if _value(one["test"].get("auroc")) is not None]
    auroc = inputs.evaluation["test"]["auroc"]
    if not baselines or auroc["value"] is None:
        return None
    best = max(baselines, key=lambda baseline: float(baseline["test"]["auroc"]["value"]))
    lead = auroc["value"] - best["test"]["auroc"]["value"]
    detail = (
        f"The best baseline that does not use the lungs is “{best['name']}”: "
        f"{score_text('AUROC', best['test']['auroc'])} on the same test films. The network: "
        f"{score_text('AUROC', auroc)}."
    )
    if lead >= BASELINE_MARGIN:
        return WeaknessCheck(False, "Clearly better than every trivial baseline", detail)
    title = "A trivial baseline is better" if lead < 0 else "A trivial baseline comes close"
    note = "Part of the score may come from the file or the exposure."
    return WeaknessCheck(True, title, f"{detail} {note}")


def _collapse(evaluation: _Evaluation) -> WeaknessCheck | None:
    fallen = collapse(evaluation)
    return None if fallen is None else WeaknessCheck(True, fallen.title, fallen.text)


def _target_sensitivity(evaluation: _Evaluation) -> WeaknessCheck | None:
    sensitivity = evaluation["test"]["sensitivity"]
    target = evaluation["operating_point"]["target_sensitivity"]
    if sensitivity["value"] is None or target is None:  # another rule chose the threshold
        return None
    detail = (
        f"On the validation films the threshold reaches a sensitivity of {format_number(target, 3)}"
        f" or more. On the test films: {score_text('sensitivity', sensitivity, 3)}."
    )
    is_missed = sensitivity["value"] < target
    title = f"Target sensitivity {'missed' if is_missed else 'reached'} on test"
    return WeaknessCheck(is_missed, title, detail)


def _subgroups(evaluation: _Evaluation) -> WeaknessCheck | None:
    """Subgroups below the value of all test films.

    A subgroup is weak if its interval lies below the value of all films, so that chance hardly
    explains the difference; or if its value is lower by `SUBGROUP_GAP` or more, so that a wide
    interval of a few films does not hide a large difference. That no chance explains it is said
    only if a p value that is corrected for all groups supports it.
    """
    whole = evaluation["test"]
    groups = [
        (group, name)
        for group in evaluation["subgroups"]
        for name in ("sensitivity", "specificity")
        if group["split"] == "test"
        and _value(group.get(name)) is not None
        and _value(whole[name]) is not None
    ]
    if len(groups) < 2:
        return None
    weak = [(group, name) for group, name in groups if _is_below(group[name], whole[name]["value"])]
    if weak:
        titles = ", ".join(group["name"] for group, _ in weak)
        is_shown = any((group.get("p_corrected") or 1.0) < SIGNIFICANT for group, _ in weak)
        kind = "Weak subgroup" if is_shown else "Low in a subgroup, perhaps by chance"
        return WeaknessCheck(True, f"{kind}: {titles}", _subgroup_text(weak, whole))
    lowest = min(groups, key=lambda one: float(one[0][one[1]]["value"]))
    return WeaknessCheck(False, "No weak subgroup", f"Lowest: {_subgroup_text([lowest], whole)}")


def _is_below(estimate: EstimateJson, whole: float) -> bool:
    value, high = estimate["value"], estimate["high"]
    return value is not None and (
        value <= whole - SUBGROUP_GAP or (high is not None and high < whole)
    )


def _subgroup_text(groups: list[tuple[Mapping[str, Any], str]], whole: Mapping[str, Any]) -> str:
    texts = [
        f"{group['name']}: {score_text(name, group[name])}, on "
        f"{count_of(group['n_images'], 'film')} of {count_of(group['n_patients'], 'patient')}; "
        f"all test films: {format_number(whole[name]['value'])}."
        for group, name in groups
    ]
    return " ".join(texts)


def _auroc_gap(evaluation: _Evaluation) -> WeaknessCheck | None:
    test, validation = evaluation["test"]["auroc"], evaluation["validation"]["auroc"]
    if test["value"] is None or validation["value"] is None:
        return None
    gap = validation["value"] - test["value"]
    detail = (
        f"AUROC {format_number(validation['value'], 3)} ({format_interval(validation, 3)}) on "
        f"validation, {format_number(test['value'], 3)} ({format_interval(test, 3)}) on test."
    )
    if gap > AUROC_GAP:
        return WeaknessCheck(True, "Worse on test than on validation", detail)
    return WeaknessCheck(False, "Not clearly worse on test than on validation", detail)


def _wide_intervals(evaluation: _Evaluation) -> WeaknessCheck:
    wide = [
        f"{title} {format_interval(evaluation['test'][name])}"
        for name, title in METRIC_TITLES.items()
        if _width(evaluation["test"].get(name)) > WIDE_INTERVAL
    ]
    limit = f"wider than {format_number(WIDE_INTERVAL)}"
    if not wide:
        return WeaknessCheck(False, "Narrow intervals", f"No 95 % interval on test is {limit}.")
    return WeaknessCheck(
        True, "Wide intervals", f"95 % intervals on test {limit}: {', '.join(wide)}."
    )


def _calibration(evaluation: _Evaluation) -> WeaknessCheck | None:
    error = evaluation["test"]["calibration_error"]
    if error["value"] is None:
        return None
    is_weak = error["value"] > CALIBRATION_LIMIT
    detail = (
        "The predicted probability and the observed share of films with a finding differ by "
        f"{format_number(error['value'], 3)} on average "
        f"(95 % interval {format_interval(error, 3)})."
    )
    return WeaknessCheck(is_weak, "Poor calibration" if is_weak else "Good calibration", detail)


def _few_films(evaluation: _Evaluation) -> WeaknessCheck:
    n_positive = evaluation["test"]["n_positive"]
    n_negative = evaluation["test"]["n_images"] - n_positive
    is_few = min(n_positive, n_negative) < FEW_FILMS
    detail = (
        f"{count_of(n_positive, 'test film')} with a finding and {n_negative} without, of "
        f"{count_of(evaluation['test']['n_patients'], 'patient')}. At least {FEW_FILMS} of each "
        "are recommended."
    )
    return WeaknessCheck(is_few, "Few test films" if is_few else "Enough test films", detail)


def _few_films_of_a_class(evaluation: _Evaluation) -> WeaknessCheck:
    rows = evaluation["classes_view"]["test"]["per_class"]
    fewest = min(rows, key=lambda row: int(row["n_images"]))
    is_few = fewest["n_images"] < FEW_FILMS
    detail = (
        f"{count_of(fewest['n_images'], 'test film')} of {fewest['name']}, the fewest of a class. "
        f"At least {FEW_FILMS} of each are recommended."
    )
    return WeaknessCheck(is_few, "Few test films" if is_few else "Enough test films", detail)


def _undefined_metrics(evaluation: _Evaluation) -> WeaknessCheck | None:
    titles = [
        title
        for name, title in METRIC_TITLES.items()
        if name in evaluation["test"] and evaluation["test"][name]["value"] is None
    ]
    if not titles:
        return None
    return WeaknessCheck(True, "Undefined on test", f"Not computable: {', '.join(titles)}.")


def _missing_outcomes(inputs: PageInputs) -> WeaknessCheck | None:
    missing = inputs.explanations["missing_outcomes"]
    if not missing:
        return None
    titles = "; ".join(outcome_title(outcome, inputs.evaluation) for outcome in missing)
    return WeaknessCheck(
        True, "Not every outcome has an example", f"There is no test film for: {titles}."
    )


def _value(estimate: EstimateJson | None) -> float | None:
    return None if estimate is None else estimate["value"]


def _width(estimate: EstimateJson | None) -> float:
    if estimate is None or estimate["low"] is None or estimate["high"] is None:
        return 0.0
    return estimate["high"] - estimate["low"]
