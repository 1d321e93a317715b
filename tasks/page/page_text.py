"""Text of a model's page: names of classes and outcomes, captions of layers, the lead sentence."""

from collections.abc import Mapping
from typing import Any

from tasks.core.html.number_format import EstimateJson, count_of, format_interval, format_number

_OUTCOME_TITLES = {
    "FN": "Missed (false negatives): {finding} called {normal}",
    "FP": "False alarms (false positives): {normal} called {finding}",
    "TP": "Found (true positives): {finding} called {finding}",
    "TN": "Correctly passed (true negatives): {normal} called {normal}",
    "wrong": "Called another class",
    "right": "Called its own class",
}

_LAYER_CAPTIONS = {  # by the last part of a layer's name
    "conv": "Each tile is the output of one learned filter.",
    "sepconv": "Each tile combines the maps before it, after one learned filter on each of them.",
    "relu": "The same maps with all negative values set to zero.",
    "bn": "The same maps after batch normalisation.",
    "pool": "Half the resolution: the largest of every four neighbours is kept.",
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


def layer_caption(layer: str) -> str:
    """Caption for the maps of a layer, by its name (`block2_conv1`). Empty for other names."""
    kind = layer.rsplit("_", 1)[-1].rstrip("0123456789")
    return _LAYER_CAPTIONS.get(kind, "")


def score_text(name: str, estimate: EstimateJson, digits: int = 2) -> str:
    """Name, value and 95 % interval of a metric."""
    if estimate["value"] is None:
        return f"{name} undefined"
    text = f"{name} {format_number(estimate['value'], digits)}"
    interval = format_interval(estimate, digits)
    return f"{text}, 95 % interval {interval}" if interval else text


def lead_sentence(evaluation: Mapping[str, Any]) -> str:
    """Result on the test films in one sentence.

    Args:
        evaluation: Content of `reports/<model>/evaluation.json`.
    """
    if evaluation["negative_class"] is None:
        return _lead_of_classes(evaluation)
    test = evaluation["test"]
    counts = test["confusion"]
    n_positive = counts["tp"] + counts["fn"]
    n_negative = counts["tn"] + counts["fp"]
    finding, normal = finding_name(evaluation), normal_name(evaluation)
    return (
        f"On {count_of(test['n_images'], 'test film')} of "
        f"{count_of(test['n_patients'], 'patient')}, {evaluation['model']} found {counts['tp']} of "
        f"{count_of(n_positive, f'{finding} film')} "
        f"({score_text('sensitivity', test['sensitivity'])}). It raised a false alarm on "
        f"{counts['fp']} of {count_of(n_negative, f'{normal} film')} "
        f"({score_text('specificity', test['specificity'])})."
    )


def _lead_of_classes(evaluation: Mapping[str, Any]) -> str:
    test, view = evaluation["test"], evaluation["classes_view"]["test"]
    n_right = sum(row[number] for number, row in enumerate(view["matrix"]))
    return (
        f"On {count_of(test['n_images'], 'test film')} of "
        f"{count_of(test['n_patients'], 'patient')}, {evaluation['model']} named the class of "
        f"{n_right} ({score_text('accuracy', view['accuracy'])}). Mean of the "
        f"{len(evaluation['classes'])} classes: {score_text('F1', view['macro']['f1'])}; "
        f"{score_text('AUROC', view['macro']['auroc'])}. No class means “no finding”."
    )
