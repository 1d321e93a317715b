"""The first sentence says which network validation chose, and what it is worth."""

from typing import Any

import pytest

from tasks.report.index_sentence import (
    best_on_validation,
    index_sentence,
    positive_words,
    threshold_sentences,
)
from tests.report_tables import estimate

BASELINES = [{"name": "grey", "test": {"auroc": estimate(0.7, 0.6, 0.8)}}]


def summary(model: str, validation: float | None, test: float) -> dict[str, Any]:
    evaluation = {
        "classes": ["COVID", "NORMAL", "VIRAL"],
        "negative_class": "NORMAL",
        "validation": {"auroc": estimate(validation, None, None)},
        "test": {"auroc": estimate(test, test - 0.1, test + 0.1)},
    }
    return {"model": model, "evaluation": evaluation}


def of_classes(model: str, auroc: float) -> dict[str, Any]:
    view = {"macro": {"auroc": estimate(auroc, None, None)}}
    evaluation = {
        "classes": ["COVID", "VIRAL"],
        "negative_class": None,
        "classes_view": {"validation": view, "test": view},
    }
    return {"model": model, "evaluation": evaluation}


def lead(model: str, value: float, low: float, high: float) -> dict[str, Any]:
    row = {"model": model, "baseline": "grey", "auroc": estimate(value, low, high)}
    return {"baselines": [row]}


def test_validation_chooses_the_network_and_not_the_test_films() -> None:
    summaries = [summary("a", 0.8, 0.99), summary("b", 0.9, 0.85), summary("c", None, 1.0)]
    assert best_on_validation(summaries)["model"] == "b"
    sentence = index_sentence(summaries, BASELINES, lead("b", 0.15, 0.05, 0.25))
    assert sentence == (
        "Of 3 networks that tell COVID and VIRAL (positive) from NORMAL, b has the highest AUROC "
        "on the validation films; on the test films its AUROC is 0.85 (95 % interval "
        "0.75\N{EN DASH}0.95), 0.15 above the strongest trivial "
        "baseline, “grey” (95 % interval of the difference 0.05\N{EN DASH}0.25)."
    )


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(-0.05, 0.25, "is not shown to beat that baseline"), (-0.3, -0.1, "is worse than")],
)
def test_a_lead_that_is_not_shown_is_called_so(low: float, high: float, words: str) -> None:
    value = (low + high) / 2
    sentence = index_sentence([summary("a", 0.8, 0.8)], BASELINES, lead("a", value, low, high))
    assert sentence.startswith("a tells COVID and VIRAL (positive) from NORMAL; on the test")
    assert words in sentence


def test_without_a_negative_class_the_mean_auroc_chooses() -> None:
    summaries = [of_classes("a", 0.7), of_classes("b", 0.8)]
    sentence = index_sentence(summaries, BASELINES, {"baselines": []})
    assert "tell COVID and VIRAL apart" in sentence
    assert "b has the highest" in sentence
    assert sentence.endswith("no trivial baseline is there to compare with.")


def test_positive_is_defined() -> None:
    assert "A film of COVID or VIRAL" in positive_words(summary("a", 1, 1)["evaluation"])
    assert "Nothing" in positive_words(of_classes("a", 1)["evaluation"])


def test_each_network_says_which_films_chose_its_threshold() -> None:
    rates = [estimate(value, value - 0.1, value) for value in (0.95, 0.99)]
    conditions = [{"name": "", "sensitivity": one, "specificity": one} for one in rates]
    point = {"threshold": 0.41, "target_sensitivity": 0.97}
    choices = {
        "a": {"rule": "conditions_mean", "conditions": conditions},
        "b": {"rule": "validation", "conditions": conditions[:1]},
    }
    summaries: list[dict[str, Any]] = [
        {"model": model, "evaluation": {"operating_point": point | {"threshold_on": choice}}}
        for model, choice in choices.items()
    ]
    assert threshold_sentences(summaries) == [
        "Threshold of a: 0.410, chosen on the mean over 2 conditions of the validation films. "
        "Sensitivity: asked 0.97, found between 0.95 and 0.99 over these conditions. "
        "Specificity: found between 0.95 and 0.99.",
        "Threshold of b: 0.410, chosen on the validation films as they are.",
    ]
    nothing = {"threshold": None, "target_sensitivity": None, "threshold_on": choices["b"]}
    assert threshold_sentences([{"model": "c", "evaluation": {"operating_point": nothing}}]) == []
