"""The rules of the cohort hold for any films."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import CohortError
from tests.unit.resample.cohort_cases import Near, cohort, splits_of
from tests.unit.resample.frames import (
    Row,
    digest,
    film,
    patients,
    usable_films,
)


@st.composite
def any_films(draw: Callable[..., Any]) -> tuple[list[Row], Near]:
    """Patients of two classes, films that share a patient or pixels, and near duplicates."""
    rows = [
        *patients("NORMAL", 12, given_split="train"),
        *patients("PNEUMONIA", 12, given_split="train"),
    ]
    if draw(st.booleans()):
        rows += [
            *patients("NORMAL", 4, given_split="test"),
            *patients("PNEUMONIA", 4, given_split="test"),
        ]
    for number in range(draw(st.integers(0, 15))):
        key = st.integers(0, 7)
        split = draw(st.sampled_from(["train", "val", "test"]))
        label = draw(st.sampled_from(["NORMAL", "PNEUMONIA"]))
        rows.append(
            film(
                f"more{number}",
                label,
                draw(st.none() | key.map("shared:{}".format)),
                given_split=split,
                pixel_hash=draw(key.map(lambda value: digest("pixels", value))),
            )
        )
    path = st.sampled_from([row["path"] for row in rows])
    near = st.tuples(path, path).filter(lambda pair: pair[0] != pair[1])
    return rows, draw(st.lists(near, max_size=8))


@given(
    any_films(),
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.sampled_from(["none", "class_weight", "oversample", "undersample"]),
    st.sampled_from([0, 2, 3]),
)
@settings(max_examples=20, deadline=None)
def test_the_rules_hold_for_any_films(
    made: tuple[list[Row], Near], seed: int, keep: bool, balance: str, n_folds: int
) -> None:
    rows, near = made
    changes = {"seed": seed, "keep_given_test": keep, "balance": balance, "n_folds": n_folds}
    try:
        samples, excluded = cohort(rows, near, **changes)
    except CohortError:  # the given test split has one class, or most films are in its groups
        if not keep or all(row["given_split"] != "test" for row in rows):
            raise
        return
    assert splits_of(samples, "patient_id") == splits_of(samples, "group_id") == 1
    looks = samples.merge(usable_films(rows)[["path", "pixel_hash"]], on="path")
    assert looks["pixel_hash"].is_unique
    split_of = dict(zip(samples["path"], samples["split"], strict=True))
    for pair in near:
        assert len({split_of[path] for path in pair if path in split_of}) <= 1
    assert set(excluded["reason"]) <= {"duplicate", "leak", "label_conflict", "undersampled"}
    assert excluded["because"].notna().all()
    if keep and (samples["given_split"] == "test").any():
        assert ((samples["split"] == "test") == (samples["given_split"] == "test")).all()
    if not keep:
        assert "leak" not in set(excluded["reason"])
    assert samples.groupby("split")["label"].nunique().tolist() == [2, 2, 2]
    train = samples[samples["split"] == "train"]
    counted = (train["sample_weight"] * train["n_repeats"]).groupby(train["label"]).sum()
    if balance != "none":
        assert counted.iloc[0] == pytest.approx(counted.iloc[1])
