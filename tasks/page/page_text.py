"""Names of classes and outcomes, and the sentence that says what a network did."""

from collections.abc import Mapping
from typing import Any

from tasks.core.html.number_format import EstimateJson, count_of, format_percent
from tasks.page.figure_text import score_text

_OUTCOME_TITLES = {
    "FN": "Missed (false negatives): {finding} called {normal}",
    "FP": "False alarms (false positives): {normal} called {finding}",
    "TP": "Found (true positives): {finding} called {finding}",
    "TN": "Correctly passed (true negatives): {normal} called {normal}",
    "wrong": "Called another class",
    "right": "Called its own class",
}

_OVER_CONDITIONS = {  # by `evaluate.threshold_on`
    "validation": "",
    "conditions_mean": ", on average over {} conditions of these films",
    "conditions_worst": ", in each of {} conditions of these films",
}


def finding_name(evaluation: Mapping[str, Any]) -> str:
    """Positive classes in running text: `pneumonia`, `covid or viral pneumonia`.

    Without a negative class these are all classes.
    """
    negative = evaluation["negative_class"]
    return " or ".join(label.lower() for label in evaluation["classes"] if label != negative)


def normal_name(evaluation: Mapping[str, Any]) -> str:
    """The negative class in running text; empty without one."""
    return (evaluation["negative_class"] or "").lower()


def outcome_title(outcome: str, evaluation: Mapping[str, Any]) -> str:
    """Heading for the films of one outcome (TP, TN, FP, FN; right, wrong)."""
    names = {"finding": finding_name(evaluation), "normal": normal_name(evaluation)}
    return _OUTCOME_TITLES[outcome].format(**names)


def lead_sentence(evaluation: Mapping[str, Any], n_without_patient: int = 0) -> str:
    """Result on the test films in one sentence.

    Args:
        evaluation: Content of `reports/<model>/evaluation.json`.
        n_without_patient: Test films whose patient is not known; each is counted as one patient.
    """
    if evaluation["negative_class"] is None:
        return _lead_of_classes(evaluation, n_without_patient)
    test = evaluation["test"]
    counts = test["confusion"]
    n_positive = counts["tp"] + counts["fn"]
    n_negative = counts["tn"] + counts["fp"]
    finding, normal = finding_name(evaluation), normal_name(evaluation)
    return (
        f"On {films_text(test, n_without_patient)}, {evaluation['model']} found {counts['tp']} of "
        f"{count_of(n_positive, f'{finding} film')} "
        f"({score_text('sensitivity', test['sensitivity'])}) and raised a false alarm on "
        f"{counts['fp']} of {count_of(n_negative, f'{normal} film')} "
        f"({score_text('specificity', test['specificity'])})."
    )


def _lead_of_classes(evaluation: Mapping[str, Any], n_without_patient: int) -> str:
    test, view = evaluation["test"], evaluation["classes_view"]["test"]
    n_right = sum(row[number] for number, row in enumerate(view["matrix"]))
    return (
        f"On {films_text(test, n_without_patient)}, {evaluation['model']} named the class of "
        f"{n_right} ({score_text('accuracy', view['accuracy'])}); mean of the "
        f"{len(evaluation['classes'])} classes: {score_text('F1', view['macro']['f1'])}, "
        f"{score_text('AUROC', view['macro']['auroc'])}; no class means “no finding”."
    )


def auroc_of(evaluation: Mapping[str, Any]) -> EstimateJson:
    """AUROC on the test films; without a negative class, the mean of the classes."""
    found: EstimateJson = evaluation["test"]["auroc"]
    if evaluation["negative_class"] is None:
        found = evaluation["classes_view"]["test"]["macro"]["auroc"]
    return found


def point_text(point: Mapping[str, Any]) -> str:
    """How the threshold was chosen, as a sentence."""
    target, choice = point["target_sensitivity"], point["threshold_on"]
    if target is None:
        return f"The threshold was chosen on the {point['chosen_on']} films: {point['rule']}."
    over = _OVER_CONDITIONS[choice["rule"]].format(len(choice["conditions"]))
    return (
        f"The threshold is the highest that still finds {format_percent(target)} of the "
        f"{point['chosen_on']} films with a finding{over}."
    )


def films_text(test: Mapping[str, Any], n_without_patient: int) -> str:
    """Number of test films and of their patients; no patients are claimed that nobody knows.

    Args:
        test: `n_images` and `n_patients`.
        n_without_patient: Films whose patient is not known.

    Example:
        >>> films_text({"n_images": 3, "n_patients": 3}, 3)
        '3 test films (patients unknown: each film counted as one)'
    """
    films = count_of(test["n_images"], "test film")
    if not n_without_patient:
        return f"{films} of {count_of(test['n_patients'], 'patient')}"
    if n_without_patient == test["n_images"]:
        return f"{films} (patients unknown: each film counted as one)"
    return f"{films} (the patient of {n_without_patient} is unknown: each of these counted as one)"
