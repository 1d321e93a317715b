import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from tasks.page.threshold_drawing import PLOT_SIDE, draw_bars, draw_precision, draw_roc
from tasks.page.threshold_section import calls_at, threshold_section

SHARE = st.floats(0, 1)


@given(st.lists(st.tuples(SHARE, st.booleans()), min_size=1, max_size=30), SHARE)
def test_calls_are_those_of_scikit_learn(films: list[tuple[float, bool]], threshold: float) -> None:
    prob = np.array([one for one, _ in films])
    positive = np.array([one for _, one in films])
    found = calls_at(threshold, prob, positive)
    tn, fp, fn, tp = confusion_matrix(positive, prob >= threshold, labels=[False, True]).ravel()
    assert [found[name] for name in ("tn", "fp", "fn", "tp")] == [tn, fp, fn, tp]
    assert found["ppv"] == (None if tp + fp == 0 else pytest.approx(tp / (tp + fp)))


def test_section_starts_at_the_chosen_point() -> None:
    chosen = {"name": "youden", "threshold": 0.4, "rule": "r"}
    points = {"half": {"threshold": 0.5, "rule": "fixed"}, "youden": chosen}
    evaluation = {
        "classes": ["NORMAL", "COVID"],
        "negative_class": "NORMAL",
        "operating_point": chosen,
        "operating_points": points,
    }
    films = pd.DataFrame({"prob_positive": [0.1, 0.45, 0.9], "positive": [False, True, True]})
    section = threshold_section(evaluation, films)
    assert section is not None
    assert section["start"]["tp"] == 2
    assert [point["is_chosen"] for point in section["points"]] == [False, True]
    assert section["rows"][0]["fp"] == 1  # threshold 0 calls every film
    assert section["rows"][-1]["ppv"] is None  # threshold 1 calls none
    assert threshold_section(evaluation | {"negative_class": None}, films) is None


def test_drawings_begin_and_end_where_they_must() -> None:
    prob, positive = np.array([0.1, 0.6, 0.9]), np.array([False, True, True])
    roc = draw_roc(prob, positive)
    assert roc.startswith(f"M0 {PLOT_SIDE}L")  # nothing is called
    assert roc.endswith(f"L{PLOT_SIDE} 0")  # every film is called
    assert draw_precision(prob, positive).endswith("L100 0")  # 1 of 2 found, no false alarm
    assert draw_roc(prob, np.ones(3, bool)) == ""
    assert draw_precision(prob, np.zeros(3, bool)) == ""


def test_bars_count_the_films() -> None:
    found = draw_bars(np.array([0.0, 0.02, 1.0]), np.array([False, False, True]))
    assert [(bar["is_positive"], bar["n_films"], bar["low"]) for bar in found["bars"]] == [
        (True, 1, 0.95),
        (False, 2, 0.0),
    ]
    assert found["most"] == 2
