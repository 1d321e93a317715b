"""Curves of several networks on one pair of axes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.report.overlaid_curves import (
    nice_ticks,
    roc_drawings,
    sensitivity_within,
    training_drawings,
)


def summary(model: str, prob: list[float], **history: list[float]) -> dict[str, Any]:
    return {
        "model": model,
        "evaluation": {"negative_class": "NORMAL"},
        "test_films": {"outcome": ["TP", "FN", "FP", "TN"], "prob_positive": prob},
        "validation_films": {"positive": [True, True, False, False], "prob_positive": prob},
        "history": {name.replace("__", "/"): values for name, values in history.items()},
    }


def test_roc_of_test_and_validation_is_that_of_the_films() -> None:
    test, validation = roc_drawings([summary("a", [0.9, 0.3, 0.6, 0.1])])
    assert (test.name, validation.name) == ("roc-test", "roc-validation")
    expected = [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]  # by hand
    for drawing in (test, validation):
        np.testing.assert_allclose(drawing.lines["a"], expected)
    assert test.head == ["False-alarm rate, at most", "a"]
    assert test.rows[0] == ["0.00", 0.5]
    assert test.rows[-1] == ["1.00", 1.0]


def test_without_two_sides_there_is_no_roc() -> None:
    one_sided = summary("a", [0.9, 0.3, 0.6, 0.1])
    one_sided["test_films"]["outcome"] = ["TP", "TP", "FN", "TP"]
    assert [drawing.name for drawing in roc_drawings([one_sided])] == ["roc-validation"]
    one_sided["evaluation"]["negative_class"] = None
    assert roc_drawings([one_sided]) == []


def test_training_curves_share_both_axes_and_shorter_ones_end_early() -> None:
    (drawing,) = training_drawings(
        [
            summary("a", [], eval__loss=[0.8, 0.4, 0.2]),
            summary("b", [], eval__loss=[0.6]),
            summary("c", []),
        ]
    )
    assert drawing.title == "Loss, validation"
    assert list(drawing.lines) == ["a", "b"]
    np.testing.assert_allclose(drawing.lines["a"][:, 0], [0, 0.5, 1])
    low, high = (float(text) for text, _ in (drawing.y.ticks[0], drawing.y.ticks[-1]))
    np.testing.assert_allclose(drawing.lines["b"][0, 1], (0.6 - low) / (high - low))
    assert drawing.rows[1] == ["2", 0.4, None]
    assert [text for text, _ in drawing.x.ticks] == ["1", "2", "3"]


def test_accuracy_is_named_for_what_it_is() -> None:
    (drawing,) = training_drawings([summary("a", [], eval__accuracy=[0.5, 0.6])])
    assert drawing.title == "Accuracy of the most probable class, validation"


@given(st.floats(-10, 10), st.floats(0.01, 10))
def test_ticks_enclose_the_range(low: float, span: float) -> None:
    ticks = nice_ticks(low, low + span)
    assert ticks[0] <= low + 1e-9
    assert ticks[-1] >= low + span - 1e-9
    assert 2 <= len(ticks) <= 8


@pytest.mark.parametrize(("rate", "sensitivity"), [(0.0, 0.4), (0.1, 0.4), (0.2, 0.9), (1.0, 1.0)])
def test_sensitivity_within_a_rate(rate: float, sensitivity: float) -> None:
    points = np.array([[0, 0], [0, 0.4], [0.2, 0.9], [1, 1]])
    assert sensitivity_within(points, rate) == sensitivity


@pytest.mark.parametrize("values", [[0.55, 0.55], [0.0], [1.0, 1.0, 1.0]])
def test_a_curve_that_never_changes_is_drawn(values: list[float]) -> None:
    (drawing,) = training_drawings([summary("ann", [0.5] * 4, train__accuracy=values)])
    places = [place for _, place in drawing.y.ticks]
    assert (min(places), max(places)) == (0.0, 1.0)
