"""What `reports/resize.json` says, by numbers worked by hand."""

import pandas as pd

from tasks.core.statistics.auroc import auroc_interval
from tasks.resize.summary import count_regions, judge_sharpness


def films(rows: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["label", "group_id", "sharpness", "sharpness_before"])


TWO_CLASSES = films(
    [
        ("NORMAL", "a", 5, 30),
        ("NORMAL", "a", 5, 20),
        ("NORMAL", "b", 9, 10),
        ("PNEUMONIA", "c", 5, 20),
        ("PNEUMONIA", "d", 7, 5),
    ]
)


def test_regions_are_counted_by_class() -> None:
    table = pd.DataFrame(
        [("B", 0.0, 1.0), ("B", 0.8, 0.5), ("B", 0.6, 0.4), ("A", 0.9, 0.3), ("A", 0.5, 0.6)],
        columns=["label", "confidence", "share"],
    )
    facts = ("class", "n_films", "n_not_found", "median_confidence", "median_share")
    assert [tuple(row[name] for name in facts) for row in count_regions(table)] == [
        ("A", 2, 0, 0.7, 0.45),
        ("B", 3, 1, 0.6, 0.5),
    ]


def test_sharpness_before_and_after_by_hand() -> None:
    (row,) = judge_sharpness(TWO_CLASSES, is_common=True)
    assert (row["class"], row["against"]) == ("NORMAL", "PNEUMONIA")
    # before: of 6 pairs 30 wins 2, 20 wins 1 and ties 1, 10 wins 1: 4.5 / 6
    assert row["before"]["value"] == 0.75
    # after: each 5 ties 1 and loses 1, 9 wins 2: 3 / 6
    assert row["after"]["value"] == 0.5


def test_intervals_count_patients_and_not_films() -> None:
    (row,) = judge_sharpness(TWO_CLASSES, is_common=False)
    of_patients = auroc_interval(0.75, 2, 2)
    assert row["before"]["low"] == round(of_patients.low, 6)
    assert row["before"]["high"] == round(of_patients.high, 6)
    assert row["before"]["low"] < auroc_interval(0.75, 3, 2).low


def test_without_a_common_resolution_there_is_no_after() -> None:
    (row,) = judge_sharpness(TWO_CLASSES, is_common=False)
    assert row["after"] is None


def test_of_three_classes_each_stands_against_the_rest() -> None:
    three = films([("C", "c", 3, 3), ("A", "a", 1, 1), ("B", "b", 2, 2)])
    rows = judge_sharpness(three, is_common=False)
    assert [(row["class"], row["against"], row["before"]["value"]) for row in rows] == [
        ("A", "the rest", 0.0),
        ("B", "the rest", 0.5),
        ("C", "the rest", 1.0),
    ]


def test_one_class_has_nothing_to_be_told_from() -> None:
    assert judge_sharpness(TWO_CLASSES[:3], is_common=True) == []
