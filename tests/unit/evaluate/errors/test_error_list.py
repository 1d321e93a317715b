"""The error book: order, calls and neighbours, worked by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tasks.core.decision.hashes import hash_films
from tasks.core.errors import EvaluationError
from tasks.evaluate.errors.error_list import (
    agreement,
    list_errors,
    require_films_of,
    wrong_calls,
)
from tasks.evaluate.errors.nearest_films import nearest_films, without_paths


def predictions(rows: list[tuple], classes: tuple[str, ...]) -> pd.DataFrame:
    """Rows of image_id, label, outcome and one probability per class."""
    table = pd.DataFrame(
        [row[:3] for row in rows], columns=["image_id", "label", "outcome"], dtype=object
    )
    table["path"] = table["image_id"] + ".png"
    prob = np.array([row[3:] for row in rows], dtype=float)
    for k, name in enumerate(classes):
        table[f"prob_{name}_raw"] = table[f"prob_{name}"] = prob[:, k]
    table["called_class"] = np.array(classes, dtype=object)[prob.argmax(axis=1)]
    table["prob_positive"] = 1 - prob[:, classes.index("N")] if "N" in classes else np.nan
    return table


TWO = predictions(
    [
        ("a", "P", "FN", 0.7, 0.3),
        ("b", "P", "FN", 0.9, 0.1),
        ("c", "N", "FP", 0.6, 0.4),  # called positive at a threshold below 0.4
        ("d", "N", "FP", 0.2, 0.8),
        ("e", "P", "TP", 0.6, 0.4),  # right at that threshold
        ("f", "N", "TN", 0.9, 0.1),
    ],
    ("N", "P"),
)


def test_missed_findings_come_first_then_false_alarms_the_surest_first():
    found = wrong_calls(TWO, "N")
    assert list(found["image_id"]) == ["b", "a", "d", "c"]
    assert list(found["kind"]) == ["FN", "FN", "FP", "FP"]
    assert list(found["call"]) == ["N", "N", "P", "P"]
    assert list(found["sureness"]) == pytest.approx([0.9, 0.7, 0.8, 0.4])


def test_a_finding_called_another_finding_is_a_wrong_class():
    table = predictions(
        [
            ("a", "P", "TP", 0.1, 0.2, 0.7),  # P called Q
            ("b", "N", "FP", 0.3, 0.2, 0.5),
            ("c", "Q", "FN", 0.8, 0.1, 0.1),
            ("d", "Q", "TP", 0.1, 0.1, 0.8),
        ],
        ("N", "P", "Q"),
    )
    found = wrong_calls(table, "N")
    assert list(zip(found["image_id"], found["kind"], found["call"], strict=True)) == [
        ("c", "FN", "N"),
        ("b", "FP", "Q"),
        ("a", "class", "Q"),
    ]


def test_without_a_negative_class_every_wrong_class_counts():
    table = predictions(
        [("a", "P", None, 0.2, 0.8), ("b", "P", None, 0.8, 0.2), ("c", "Q", None, 0.9, 0.1)],
        ("P", "Q"),
    )
    found = wrong_calls(table, None)
    assert list(found["image_id"]) == ["c", "a"]
    assert set(found["kind"]) == {"class"}


TRAINING = pd.DataFrame(
    {
        "image_id": ["t1", "t2", "t3", "t4", "t5"],
        "path": ["1", "2", "3", "4", "5"],
        "label": ["N", "N", "P", "P", "N"],
        "group_id": ["x", "x", "y", "z", "w"],
    }
)
DIRECTIONS = np.array([[1, 0], [2, 0], [1, 1], [2, 2], [0, 1]], dtype=np.float32)


def test_nearest_films_are_of_three_patients_and_ties_go_by_id():
    (found,) = nearest_films(np.array([[3, 0]], dtype=np.float32), TRAINING, DIRECTIONS)
    assert [one["image_id"] for one in found] == ["t1", "t3", "t4"]
    assert [one["distance"] for one in found] == pytest.approx([0, 0.292893, 0.292893])


def test_many_films_are_compared_in_blocks_with_the_same_result():
    angles = np.linspace(0, 1.5, 600)
    films = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    found = nearest_films(films, TRAINING, DIRECTIONS)
    assert found == [nearest_films(film[np.newaxis], TRAINING, DIRECTIONS)[0] for film in films]
    assert without_paths(found[0]) == [
        {"image_id": "t1", "label": "N", "distance": 0.0},
        {"image_id": "t3", "label": "P", "distance": 0.292893},
        {"image_id": "t4", "label": "P", "distance": 0.292893},
    ]


def test_features_of_zeros_are_far_from_everything():
    (found,) = nearest_films(np.zeros((1, 2), dtype=np.float32), TRAINING, DIRECTIONS)
    assert [one["distance"] for one in found] == [1.0, 1.0, 1.0]


def test_entries_name_whom_the_neighbours_agree_with():
    nearest = nearest_films(np.array([[1, 1]] * 4, dtype=np.float32), TRAINING, DIRECTIONS)
    book = list_errors(wrong_calls(TWO, "N"), dict(zip("abcd", nearest, strict=True)), "N")
    # nearest of (1, 1): t3, t4 (P), then t1 (N)
    assert [one["label"] for one in book[0]["nearest"]] == ["P", "P", "N"]
    assert [entry["neighbours_agree_with"] for entry in book] == ["label", "label", "call", "call"]
    assert book[0]["prob_positive"] == pytest.approx(0.1)
    assert list(book[0]) == [
        *("image_id", "path", "label", "outcome", "kind", "called_class", "prob_positive"),
        *("sureness", "neighbours_agree_with", "nearest"),
    ]


def test_no_error_gives_an_empty_book():
    none = wrong_calls(TWO[TWO["outcome"].isin(["TP", "TN"])], "N")
    assert list_errors(none, {}, "N") == []


@pytest.mark.parametrize(
    ("nearest", "negative", "expected"),
    [
        (["Q", "P", "N"], "N", "label"),  # P is the label: two films with a finding
        (["Q", "P", "N"], None, "neither"),
        (["N", "N", "P"], "N", "call"),
        (["N", "P"], "N", "neither"),
        ([], "N", "neither"),
    ],
)
def test_agreement_of_a_missed_finding(nearest, negative, expected):
    assert agreement("P", "N", nearest, negative) == expected


def test_predictions_of_other_films_or_labels_are_an_error():
    samples = pd.DataFrame(
        {"image_id": ["a", "b"], "label": ["N", "P"], "split": ["train", "test"]}
    )
    require_films_of(samples, hash_films(["b"], ["P"]), Path("p.parquet"))
    for image_id, label in (("a", "P"), ("b", "N")):
        with pytest.raises(EvaluationError, match=r"other test films(.|\n)*p\.parquet"):
            require_films_of(samples, hash_films([image_id], [label]), Path("p.parquet"))
