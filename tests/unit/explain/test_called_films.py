from pathlib import Path

import pandas as pd
import pytest

from tasks.core.errors import TableError
from tasks.explain.called_films import outcomes_of, read_called_films
from tests.unit.explain.calls import (
    MATRIX_OF_KINDS,
    evaluation,
    evaluation_of_kinds,
    of_kinds,
    two_sided,
)


def write(table: pd.DataFrame, folder: Path) -> Path:
    table.drop(columns=["prob_called", "call"], errors="ignore").to_parquet(folder / "m.parquet")
    return folder / "m.parquet"


def test_a_film_is_called_by_the_threshold_and_not_by_the_most_probable_class(
    tmp_path: Path,
) -> None:
    path = write(two_sided(("b", "p1", False, 0.45), ("a", "p2", True, 0.2)), tmp_path)
    films = read_called_films(path, evaluation(fp=1, fn=1))
    assert films[["image_id", "outcome", "call", "prob_called"]].to_numpy().tolist() == [
        ["a", "FN", "NORMAL", 0.2],
        ["b", "FP", "PNEUMONIA", 0.45],
    ]


def test_a_positive_film_is_called_its_most_probable_finding(tmp_path: Path) -> None:
    table = two_sided(("a", "p1", True, 0.7)).assign(
        prob_COVID=0.5, logit_COVID=1.0, prob_PNEUMONIA=0.2
    )
    stated = evaluation(tp=1) | {"classes": ["COVID", "NORMAL", "PNEUMONIA"]}
    films = read_called_films(write(table, tmp_path), stated)
    assert films["call"].tolist() == ["COVID"]


def test_without_a_negative_class_a_call_is_right_or_wrong(tmp_path: Path) -> None:
    stated = evaluation_of_kinds(MATRIX_OF_KINDS)
    films = read_called_films(write(of_kinds(), tmp_path), stated)
    assert films["outcome"].tolist() == ["right", "wrong", "right", "wrong", "right"]
    assert films["prob_called"].tolist() == [0.9, 0.5, 0.6, 0.8, 0.7]
    assert films["call"].tolist() == films["called_class"].tolist()
    assert outcomes_of(stated) == ("right", "wrong")


def test_only_the_test_split_is_read(tmp_path: Path) -> None:
    table = two_sided(("a", "p1", True, 0.9), ("b", "p2", True, 0.8))
    table.loc[1, "split"] = "val"
    films = read_called_films(write(table, tmp_path), evaluation(tp=1))
    assert films["image_id"].tolist() == ["a"]


def test_outcome_that_does_not_follow_from_the_threshold_is_refused(tmp_path: Path) -> None:
    table = two_sided(("a", "p1", True, 0.9), ("b", "p2", True, 0.8))
    table.loc[1, "outcome"] = "FN"
    with pytest.raises(TableError, match=r"test/b\.jpeg: outcome FN, but .* it must be TP"):
        read_called_films(write(table, tmp_path), evaluation(tp=1, fn=1))


def test_counts_that_differ_from_the_confusion_matrix_are_refused(tmp_path: Path) -> None:
    path = write(two_sided(("a", "p1", True, 0.9)), tmp_path)
    with pytest.raises(TableError, match=r"evaluation\.json counts"):
        read_called_films(path, evaluation(tp=2))


def test_calls_that_differ_from_the_matrix_are_refused(tmp_path: Path) -> None:
    other = evaluation_of_kinds([[2, 0, 0], [0, 1, 0], [1, 0, 1]])
    with pytest.raises(TableError, match="same run"):
        read_called_films(write(of_kinds(), tmp_path), other)


def test_table_without_test_films_is_refused(tmp_path: Path) -> None:
    path = write(two_sided(("a", "p1", True, 0.9)).assign(split="val"), tmp_path)
    with pytest.raises(TableError, match="no test film"):
        read_called_films(path, evaluation())
