"""Evidence from the results of the networks on validation, test and external films."""

from tasks.core import paths
from tasks.core.html.number_format import (
    EstimateJson,
    count_of,
    format_interval,
    format_number,
)
from tasks.report.compliance.study_records import Evidence, StudyRecord, StudyRecords, of_each_model

_TWO_SIDED = {"auroc": "AUROC", "sensitivity": "sensitivity", "specificity": "specificity"}
_BY_CLASS = {"auroc": "AUROC", "precision": "precision", "recall": "recall", "f1": "F1"}


def task(records: StudyRecords) -> Evidence:
    """What is predicted."""
    one = records.summaries[0]["evaluation"]
    positive = [name for name in one["classes"] if name != one["negative_class"]]
    sides = f"; positive: {' or '.join(positive)}" if one["negative_class"] is not None else ""
    value = f"To tell {', '.join(one['classes'])} on one chest radiograph{sides}; for research only"
    return Evidence(value, paths.SUMMARIES, paths.INDEX, "networks")


def performance(records: StudyRecords) -> Evidence:
    """The scores on test films with their intervals."""
    texts = [_scores(summary["evaluation"], "test") for summary in records.summaries]
    return Evidence(of_each_model(records, texts), paths.SUMMARIES, paths.INDEX, "networks")


def internal_test(records: StudyRecords) -> Evidence:
    """The scores on validation and test films of the same source."""
    texts = [
        f"validation {_scores(one['evaluation'], 'validation')}; "
        f"test {_scores(one['evaluation'], 'test')}"
        for one in records.summaries
    ]
    return Evidence(of_each_model(records, texts), paths.SUMMARIES, paths.INDEX, "networks")


def external_test(records: StudyRecords) -> Evidence | None:
    """What the rules on external cohorts found, if there is a cohort."""
    if not records.params.evaluate.external:
        return None
    texts = [_told(summary, "external") for summary in records.summaries]
    return _on_first_page(records, of_each_model(records, texts), "external")


def thresholds(records: StudyRecords) -> Evidence:
    """The threshold, its rule, and the films on which it was chosen."""
    if records.summaries[0]["evaluation"]["negative_class"] is None:
        return _on_first_page(records, "No threshold: the most probable class is called", "classes")
    points = [summary["evaluation"]["operating_point"] for summary in records.summaries]
    texts = [
        f"{format_number(point['threshold'], 3)}, {point['rule']}, chosen on {point['chosen_on']}"
        for point in points
    ]
    return _on_first_page(records, of_each_model(records, texts), "threshold")


def reported_metrics(records: StudyRecords) -> Evidence:
    """Which measures are reported, and with what networks are compared."""
    one = records.summaries[0]["evaluation"]
    names = [key.replace("_", " ") for key, value in one["test"].items() if _is_estimate(value)]
    names += [f"{key} by class" for key in one["classes_view"]["test"]["macro"]]
    pairs = ", and with each other" if len(records.summaries) > 1 else ""
    value = f"{', '.join(names)}; compared with rules that know no anatomy{pairs}"
    return _on_first_page(records, value, "baselines")


def uncertainty(records: StudyRecords) -> Evidence:
    """How intervals and tests are made."""
    value = (
        f"95 % intervals by patient: {records.params.evaluate.n_bootstrap} bootstrap samples, "
        "Wilson for shares of groups, test inversion for the calibration error"
    )
    if len(records.summaries) > 1:
        value += "; paired tests (DeLong by patient, exact McNemar) corrected by Holm"
    return _on_first_page(records, value, "comparison")


def robustness_found(records: StudyRecords) -> Evidence:
    """What is left without lungs."""
    texts = [_told(summary, "without_lungs") for summary in records.summaries]
    return _on_first_page(records, of_each_model(records, texts), "controls")


def explanation_checks(records: StudyRecords) -> Evidence:
    """How far the heat maps were checked."""
    texts = [
        f"{_told(summary, 'no_sane_method')}; {_told(summary, 'heat_outside_lungs')}"
        for summary in records.summaries
    ]
    return _on_first_page(records, of_each_model(records, texts), "grades")


def subgroups(records: StudyRecords) -> Evidence:
    """How many subgroups were looked at, and what was found."""
    texts = [
        f"{len(summary['evaluation']['subgroups'])} groups; {_told(summary, 'subgroups')}"
        for summary in records.summaries
    ]
    return _on_first_page(records, of_each_model(records, texts), "subgroups")


def fairness(records: StudyRecords) -> Evidence | None:
    """Groups of age and sex, if the source tells them."""
    groups = records.summaries[0]["evaluation"]["subgroups"]
    names = sorted({g["attribute"] for g in groups if g["attribute"] in ("age", "sex")})
    if not names:
        return None
    return _on_first_page(records, f"Subgroups by {' and '.join(names)}", "subgroups")


def failures(records: StudyRecords) -> Evidence:
    """Wrong calls among the test films: at the operating point, and of the most probable class."""
    texts = []
    for summary in records.summaries:
        matrix = summary["evaluation"]["classes_view"]["test"]["matrix"]
        total = sum(map(sum, matrix))
        wrong = total - sum(matrix[place][place] for place in range(len(matrix)))
        text = f"the most probable class is wrong for {wrong} of {total} test films"
        if summary["evaluation"]["negative_class"] is not None:
            outcomes = list(summary["test_films"]["outcome"])
            missed, alarms = outcomes.count("FN"), outcomes.count("FP")
            calls = f"{count_of(missed, 'film')} missed, {count_of(alarms, 'false alarm')}"
            text = f"at the operating point {calls}; {text}"
        texts.append(text)
    return _on_first_page(records, of_each_model(records, texts), "classes")


def limitations(records: StudyRecords) -> Evidence:
    """Titles of the weaknesses that the rules found."""
    texts = [
        "; ".join(one["title"] for one in summary["weaknesses"] if one["is_weak"])
        or "no rule found a weakness"
        for summary in records.summaries
    ]
    return Evidence(of_each_model(records, texts), paths.SUMMARIES, paths.INDEX, "weak")


def referred(records: StudyRecords) -> Evidence:
    """The share of test films that are referred to a radiologist."""
    texts = [
        "share of the test films that are referred to a radiologist: "
        f"{_estimate(one['evaluation']['abstention']['referred'])}"
        for one in records.summaries
    ]
    return _on_first_page(records, of_each_model(records, texts), "abstention")


def updating(records: StudyRecords) -> Evidence:
    """Whether networks are adapted to external films."""
    layers = records.params.evaluate.adapt.layers
    if layers == "none":
        return _on_first_page(records, "The networks are not updated", "external")
    value = f"Batch-normalisation statistics ({layers} layers) of each external cohort, as a copy"
    return _on_first_page(records, value, "adaptation")


def _scores(evaluation: StudyRecord, split: str) -> str:
    found, titles = evaluation[split], _TWO_SIDED
    if evaluation["negative_class"] is None:
        found, titles = evaluation["classes_view"][split]["macro"], _BY_CLASS
    return ", ".join(f"{title} {_estimate(found[key])}" for key, title in titles.items())


def _estimate(estimate: EstimateJson) -> str:
    interval = format_interval(estimate, 3)
    value = format_number(estimate["value"], 3)
    return f"{value} ({interval})" if interval else value


def _is_estimate(value: object) -> bool:
    return isinstance(value, dict) and "low" in value


def _told(summary: StudyRecord, rule: str) -> str:
    """Titles of a rule, or of all rules of a family such as `external:NAME`.

    Raises:
        KeyError: The summary says nothing of the rule, not even that its numbers are undefined.
    """
    if rule in summary["silent_rules"]:
        return "not defined: too few films, or a network that is no better than chance"
    names = (rule, f"{rule}:")
    told = [
        one["title"] if one["number"] in one["title"] else f"{one['title']} ({one['number']})"
        for one in summary["weaknesses"]
        if one["rule"] == names[0] or one["rule"].startswith(names[1])
    ]
    if not told:
        raise KeyError(f"rule {rule} of {summary['model']}")
    return ", ".join(told)


def _on_first_page(records: StudyRecords, value: str, section: str) -> Evidence:
    """Evidence on the page of the first network; that page links to the others."""
    return Evidence(value, paths.SUMMARIES, paths.page(records.summaries[0]["model"]), section)
