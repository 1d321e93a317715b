"""Points of the DVC plots: worked by hand on eight test films."""

import numpy as np
import pandas as pd

from tasks.core.decision.conformal_sets import ConformalSets
from tasks.evaluate.plot_points import plot_points
from tests.decisions import decision
from tests.predicted_films import predicted_films

#                          +    +    -    +    -    -    (and a validation film)
FILMS = pd.DataFrame(
    {
        "split": ["test"] * 6 + ["val"],
        "prob_positive": [0.9, 0.8, 0.7, 0.6, 0.2, 0.1, 0.99],
        "positive": [True, True, False, True, False, False, False],
        "called_positive": [True, True, True, False, False, False, True],
    }
)


def test_roc_runs_from_corner_to_corner() -> None:
    points = [(point["fpr"], point["tpr"]) for point in plot_points(FILMS, decision())["roc"]]
    assert points == [(0, 0), (0, 1 / 3), (0, 2 / 3), (1 / 3, 2 / 3), (1 / 3, 1), (1, 1)]


def test_precision_and_recall_by_hand() -> None:
    points = plot_points(FILMS, decision())["precision_recall"]
    # called: six, four, three, two, one film; then none, where precision is 1 by convention
    assert [(point["recall"], point["precision"]) for point in points] == [
        (1.0, 0.5),
        (1.0, 0.75),
        (2 / 3, 2 / 3),
        (2 / 3, 1.0),
        (1 / 3, 1.0),
        (0.0, 1.0),
    ]


def test_confusion_has_one_row_per_test_film() -> None:
    rows = [
        (row["actual"], row["predicted"]) for row in plot_points(FILMS, decision())["confusion"]
    ]
    assert rows == [
        ("positive", "positive"),
        ("positive", "positive"),
        ("negative", "positive"),
        ("positive", "negative"),
        ("negative", "negative"),
        ("negative", "negative"),
    ]


def test_calibration_has_the_share_of_positive_films_per_bin() -> None:
    films = pd.DataFrame(
        {
            "split": "test",
            "prob_positive": [0.1 * (k // 4) + 0.05 for k in range(40)],  # four films per bin
            "positive": [k % 4 < k // 10 for k in range(40)],
            "called_positive": True,
        }
    )
    points = plot_points(films, decision())["calibration"]
    assert [round(point["mean_probability"], 3) for point in points] == [
        0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95,
    ]  # fmt: skip
    assert [point["positive_share"] for point in points] == [
        0, 0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 0.75,
    ]  # fmt: skip


def test_without_a_negative_class_the_classes_are_pooled() -> None:
    no_sides = decision(
        classes=("A", "B", "C"),
        negative_class=None,
        operating_points=(),
        operating_point=None,
        conformal=ConformalSets(coverage=0.9, quantiles=(0.6, 0.6, 0.6)),
    )
    prob = np.array([[0.7, 0.2, 0.1], [0.5, 0.35, 0.15], [0.05, 0.15, 0.8]])
    plots = plot_points(predicted_films(no_sides, ["A", "B", "C"], prob), no_sides)
    confusion = [(row["actual"], row["predicted"]) for row in plots["confusion"]]
    assert confusion == [("A", "A"), ("B", "A"), ("C", "C")]
    # nine pairs of film and class: true ones at 0.7, 0.35, 0.8; one false one (0.5) above 0.35
    roc = [(point["fpr"], point["tpr"]) for point in plots["roc"]]
    assert roc == [(0, 0), (0, 1 / 3), (0, 2 / 3), (1 / 6, 2 / 3), (1 / 6, 1), (1, 1)]
