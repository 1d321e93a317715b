"""The content of `reports/resize.json`, by numbers worked out by hand."""

import numpy as np
import pandas as pd

from tasks.core.statistics.auroc import auroc_interval
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA
from tasks.resize.image_summary import count_regions, judge_sharpness
from tasks.validate.shortcuts import audit_shortcuts


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
    assert (row["class"], row["against"]) == ("PNEUMONIA", "NORMAL")
    # before, of 6 pairs of PNEUMONIA and NORMAL: 20 wins 1 and ties 1, 5 wins 0; folded 1 - 1.5 / 6
    assert (row["before"]["value"], row["before"]["sharper"]) == (0.75, "NORMAL")
    # after: 5 ties 2 and wins 0, 7 wins 2: 3 / 6
    assert (row["after"]["value"], row["after"]["sharper"]) == (0.5, None)


def test_the_direction_is_that_of_the_shortcut_audit() -> None:
    rng = np.random.default_rng(0)
    label = np.repeat(["NORMAL", "PNEUMONIA"], 40)
    sharpness = rng.normal(50, 10, 80) + 8 * (label == "NORMAL")
    keys = [f"{number:02d}" for number in range(80)]
    table = pd.DataFrame({"label": label, "group_id": keys})
    (row,) = judge_sharpness(
        table.assign(sharpness=sharpness, sharpness_before=sharpness), is_common=False
    )
    manifest = table.assign(
        image_id=keys,
        path=keys,
        patient_id=keys,
        pixel_hash=keys,
        given_split=None,
        status="ok",
        sharpness=sharpness,
    ).reindex(columns=MANIFEST_SCHEMA.names)
    audited = audit_shortcuts(manifest, pd.DataFrame(columns=PAIRS_SCHEMA.names))["rows"]
    (same,) = (one for one in audited if one["feature"] == "sharpness")
    assert (row["class"], row["against"]) == (same["class"], same["against"])
    numbers = {name: row["before"][name] for name in ("value", "low", "high")}
    assert numbers == same["auroc"]
    assert row["before"]["sharper"] == "NORMAL"


def test_intervals_count_patient_groups_and_not_films() -> None:
    (row,) = judge_sharpness(TWO_CLASSES, is_common=False)
    of_patients = auroc_interval(0.75, 2, 2)
    assert row["before"]["low"] == round(of_patients.low, 6)
    assert row["before"]["high"] == round(of_patients.high, 6)
    assert row["before"]["low"] < auroc_interval(0.75, 3, 2).low


def test_without_a_common_resolution_there_is_no_after() -> None:
    (row,) = judge_sharpness(TWO_CLASSES, is_common=False)
    assert row["after"] is None


def test_of_three_classes_each_is_compared_with_the_rest() -> None:
    three = films([("C", "c", 3, 3), ("A", "a", 1, 1), ("B", "b", 2, 2)])
    rows = judge_sharpness(three, is_common=False)
    assert [
        (row["class"], row["against"], row["before"]["value"], row["before"]["sharper"])
        for row in rows
    ] == [
        ("A", "the rest", 1.0, "the rest"),
        ("B", "the rest", 0.5, None),
        ("C", "the rest", 1.0, "C"),
    ]


def test_a_single_class_gives_no_row() -> None:
    assert judge_sharpness(TWO_CLASSES[:3], is_common=True) == []
