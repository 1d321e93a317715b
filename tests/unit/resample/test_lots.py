"""Lots: uniform, independent, and the same whatever other films there are."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from tasks.resample.lots import draw_lots, group_lots


def test_a_lot_is_the_hash_of_its_words_as_a_share_of_all_hashes() -> None:
    digest = hashlib.sha256(b"7:test:virus:12").hexdigest()
    lots = draw_lots(pd.Series(["virus:12"]), 7, "test")
    assert lots.tolist() == [int(digest, 16) / 2**256]


def test_lots_follow_the_keys_not_the_rows() -> None:
    keys = pd.Series(["b", "a", "b", "c"], index=[3, 1, 4, 9])
    lots = draw_lots(keys, 0, "test")
    assert lots.index.tolist() == [3, 1, 4, 9]
    assert lots[3] == lots[4]
    assert lots.nunique() == 3
    alone = draw_lots(pd.Series(["c"]), 0, "test")
    assert alone[0] == lots[9]


def test_lots_are_uniform_and_those_of_two_purposes_or_seeds_are_independent() -> None:
    keys = pd.Series([f"IM:{number}" for number in range(20_000)])
    lots = draw_lots(keys, 0, "test")
    others = [draw_lots(keys, 0, "val"), draw_lots(keys, 1, "test")]
    counts = np.histogram(lots, bins=20, range=(0, 1))[0]
    assert counts.sum() == 20_000
    # 1000 per bin with standard deviation sqrt(20000 x 0.05 x 0.95) = 31
    assert abs(counts - 1000).max() < 4 * 31
    for other in others:
        assert abs(np.corrcoef(lots, other)[0, 1]) < 4 / np.sqrt(20_000)


def test_the_lot_of_a_group_is_the_smallest_of_its_patients() -> None:
    films = pd.DataFrame({"patient_id": ["a", "b", "b", "c"], "group_id": ["a", "a", "a", "c"]})
    own = draw_lots(films["patient_id"], 0, "test")
    lots = group_lots(films, 0, "test")
    assert lots.tolist() == [min(own[0], own[1])] * 3 + [own[3]]


@pytest.mark.parametrize("n_patients", [1, 2, 5])
def test_groups_of_many_patients_are_below_a_threshold_as_often_as_the_docstring_says(
    n_patients: int,
) -> None:
    n_groups = 4000
    films = pd.DataFrame(
        [(f"{group}-{n}", str(group)) for group in range(n_groups) for n in range(n_patients)],
        columns=["patient_id", "group_id"],
    )
    below = group_lots(films, 0, "test").groupby(films["group_id"]).first() < 0.2
    expected = 1 - 0.8**n_patients
    error = np.sqrt(expected * (1 - expected) / n_groups)
    assert abs(below.mean() - expected) < 4 * error
