from pathlib import Path

import pandas as pd
import pytest

from tasks.core.errors import TableError
from tasks.explain.selection import read_test_predictions, select_films

THRESHOLD = 0.4


def frame(*rows):
    """Rows of (image_id, patient_id, positive, prob_positive)."""
    columns = ["image_id", "patient_id", "positive", "prob_positive"]
    table = pd.DataFrame(list(rows), columns=columns)
    table["path"] = "test/" + table["image_id"] + ".jpeg"
    table["split"] = "test"
    table["label"] = table["positive"].map({True: "PNEUMONIA", False: "NORMAL"})
    called = table["prob_positive"] >= THRESHOLD
    right = called == table["positive"]
    table["outcome"] = right.map({True: "T", False: "F"}) + called.map({True: "P", False: "N"})
    return table


def evaluation(**confusion):
    counts = dict.fromkeys(("tp", "tn", "fp", "fn"), 0) | confusion
    return {"operating_point": {"threshold": THRESHOLD}, "test": {"confusion": counts}}


def ids(films):
    return [film.image_id for film in films]


def test_most_confident_film_is_first_and_the_film_nearest_the_threshold_second():
    test = frame(
        ("a", "p1", True, 0.70),
        ("b", "p2", True, 0.45),
        ("c", "p3", True, 0.99),
        ("d", "p4", False, 0.01),
        ("e", "p5", False, 0.39),
        ("f", "p6", False, 0.20),
    )

    films = select_films(test, THRESHOLD, 2)

    assert ids(films) == ["c", "b", "d", "e"]
    assert [film.why for film in films] == [
        "highest probability among TP",
        "nearest the threshold among TP",
        "lowest probability among TN",
        "nearest the threshold among TN",
    ]


def test_most_confident_errors_have_the_lowest_and_the_highest_probability():
    test = frame(
        ("a", "p1", True, 0.30),
        ("b", "p2", True, 0.02),
        ("c", "p3", False, 0.50),
        ("d", "p4", False, 0.95),
    )

    films = select_films(test, THRESHOLD, 1)

    assert [(film.outcome, film.image_id) for film in films] == [("FP", "d"), ("FN", "b")]


def test_ties_go_to_the_smaller_image_id():
    test = frame(("b", "p1", True, 0.9), ("a", "p2", True, 0.9), ("c", "p3", True, 0.9))

    assert ids(select_films(test, THRESHOLD, 2)) == ["a", "b"]


def test_patient_is_repeated_only_if_no_other_is_left():
    test = frame(
        ("a", "p1", True, 0.99),
        ("b", "p1", True, 0.41),
        ("c", "p2", True, 0.60),
    )

    films = select_films(test, THRESHOLD, 3)

    assert ids(films) == ["a", "c", "b"]
    assert films[1].why.startswith("nearest the threshold among TP, number 2 of 3")


def test_outcome_with_the_fewest_patients_is_served_first():
    test = frame(
        ("a", "p1", True, 0.99),
        ("b", "p2", True, 0.98),
        ("c", "p1", True, 0.10),  # the only false negative: p1 is its only patient
    )

    assert ids(select_films(test, THRESHOLD, 1)) == ["b", "c"]


def test_order_of_rows_does_not_matter():
    test = frame(*((f"i{n:02}", f"p{n % 7}", n % 3 > 0, (n * 37 % 100) / 100) for n in range(40)))
    shuffled = test.sample(frac=1, random_state=5)

    assert select_films(test, THRESHOLD, 3) == select_films(shuffled, THRESHOLD, 3)


def test_only_the_test_split_is_read(tmp_path: Path):
    table = frame(("a", "p1", True, 0.9), ("b", "p2", True, 0.8))
    table.loc[1, "split"] = "val"
    table.to_parquet(tmp_path / "m.parquet")

    assert read_test_predictions(tmp_path / "m.parquet", evaluation(tp=1))["image_id"].tolist() == [
        "a"
    ]


def test_outcome_that_does_not_follow_from_the_threshold_is_refused(tmp_path: Path):
    table = frame(("a", "p1", True, 0.9), ("b", "p2", True, 0.8))
    table.loc[1, "outcome"] = "FN"
    table.to_parquet(tmp_path / "m.parquet")

    with pytest.raises(TableError, match=r"test/b\.jpeg: outcome FN, but .* it must be TP"):
        read_test_predictions(tmp_path / "m.parquet", evaluation(tp=1, fn=1))


def test_counts_that_differ_from_the_confusion_matrix_are_refused(tmp_path: Path):
    frame(("a", "p1", True, 0.9)).to_parquet(tmp_path / "m.parquet")

    with pytest.raises(TableError, match=r"evaluation\.json counts"):
        read_test_predictions(tmp_path / "m.parquet", evaluation(tp=2))


def test_table_without_test_films_is_refused(tmp_path: Path):
    frame(("a", "p1", True, 0.9)).assign(split="val").to_parquet(tmp_path / "m.parquet")

    with pytest.raises(TableError, match="no test film"):
        read_test_predictions(tmp_path / "m.parquet", evaluation())
