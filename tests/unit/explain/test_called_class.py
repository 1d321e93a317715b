from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tasks.core.errors import TableError
from tasks.explain.called_class import read_called_classes, select_calls

KINDS = ["COVID", "NORMAL", "VIRAL"]
# image, patient, label, called class, its probability
FILMS = [
    ("a", "p1", "COVID", "COVID", 0.9),
    ("b", "p2", "COVID", "VIRAL", 0.5),
    ("c", "p3", "NORMAL", "NORMAL", 0.6),
    ("d", "p4", "VIRAL", "COVID", 0.8),
    ("e", "p5", "VIRAL", "VIRAL", 0.7),
]
MATRIX = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]


def write(path: Path) -> Path:
    columns = ["image_id", "patient_id", "label", "called_class", "prob"]
    table = pd.DataFrame(FILMS, columns=columns)
    table["path"], table["split"] = "test/" + table["image_id"], "test"
    for name in KINDS:
        is_called = table["called_class"] == name
        table[f"prob_{name}"] = table["prob"].where(is_called, (1 - table["prob"]) / 2)
    table.to_parquet(path)
    return path


def evaluation(matrix: list[list[int]]) -> dict[str, Any]:
    return {"classes": KINDS, "classes_view": {"test": {"matrix": matrix}}}


def test_most_and_least_confident_films_of_right_and_wrong_calls(tmp_path: Path) -> None:
    test = read_called_classes(write(tmp_path / "m.parquet"), evaluation(MATRIX))
    films = select_calls(test, 2)
    found = [(film.outcome, film.image_id, film.called_class, film.prob_called) for film in films]
    assert found == [
        ("right", "a", "COVID", 0.9),
        ("right", "c", "NORMAL", 0.6),
        ("wrong", "d", "COVID", 0.8),
        ("wrong", "b", "VIRAL", 0.5),
    ]
    assert [film.why for film in films[:2]] == [
        "highest probability among right",
        "lowest probability among right",
    ]
    assert {film.prob_positive for film in films} == {None}


def test_calls_that_differ_from_the_matrix_are_refused(tmp_path: Path) -> None:
    other = [[2, 0, 0], [0, 1, 0], [1, 0, 1]]
    with pytest.raises(TableError, match="same run"):
        read_called_classes(write(tmp_path / "m.parquet"), evaluation(other))


def test_table_without_test_films_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "m.parquet")
    pd.read_parquet(path).assign(split="val").to_parquet(path)
    with pytest.raises(TableError, match="no test film"):
        read_called_classes(path, evaluation(MATRIX))
