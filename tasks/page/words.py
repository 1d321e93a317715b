"""Plain words for classes, outcomes and layers, and the one-sentence verdict."""

from collections.abc import Mapping
from typing import Any

from tasks.core.html.html import Estimate, interval, number, plural

OUTCOME_TITLES = {
    "FN": "Missed: {finding} called {normal}",
    "FP": "False alarms: {normal} called {finding}",
    "TP": "Found: {finding} called {finding}",
    "TN": "Rightly passed: {normal} called {normal}",
}

LAYER_WORDS = {  # by the last part of a layer's name
    "conv": "Each tile is one learned filter slid over what comes before it.",
    "sepconv": "Each tile mixes the maps before it, after a learned filter was slid over each.",
    "relu": "The same maps after everything below zero was cut off.",
    "bn": "The same maps, each brought to a common range.",
    "pool": "Half the resolution: of every four neighbours the strongest response is left.",
}


def finding_word(metrics: Mapping[str, Any]) -> str:
    """What the positive films show, in running text: `pneumonia`, `covid or viral pneumonia`."""
    negative = metrics["negative_class"]
    return " or ".join(label.lower() for label in metrics["classes"] if label != negative)


def outcome_title(outcome: str, metrics: Mapping[str, Any]) -> str:
    """Heading for the films of one outcome (TP, TN, FP, FN)."""
    words = {"finding": finding_word(metrics), "normal": metrics["negative_class"].lower()}
    return OUTCOME_TITLES[outcome].format(**words)


def layer_words(layer: str) -> str:
    """What the maps of a layer are, from its name (`block2_conv1`); empty if it says nothing."""
    kind = layer.rsplit("_", 1)[-1].rstrip("0123456789")
    return LAYER_WORDS.get(kind, "")


def estimate_words(name: str, estimate: Estimate, digits: int = 2) -> str:
    """Name, value and 95 % interval of a metric; says so when it is undefined."""
    if estimate["value"] is None:
        return f"{name} undefined"
    text = f"{name} {number(estimate['value'], digits)}"
    limits = interval(estimate, digits)
    return f"{text}, 95 % interval {limits}" if limits else text


def verdict(metrics: Mapping[str, Any]) -> str:
    """What the model did on the test films, in one sentence made of counts.

    Args:
        metrics: Content of `reports/<model>/metrics.json`.
    """
    test = metrics["test"]
    counts = test["confusion"]
    n_positive = counts["tp"] + counts["fn"]
    n_negative = counts["tn"] + counts["fp"]
    finding, normal = finding_word(metrics), metrics["negative_class"].lower()
    return (
        f"On {plural(test['n_images'], 'test film')} of {plural(test['n_patients'], 'patient')} "
        f"{metrics['model']} found {counts['tp']} of {plural(n_positive, f'{finding} film')} "
        f"({estimate_words('sensitivity', test['sensitivity'])}) and raised a false alarm on "
        f"{counts['fp']} of {plural(n_negative, f'{normal} film')} "
        f"({estimate_words('specificity', test['specificity'])})."
    )
