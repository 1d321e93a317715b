"""Balance changes the training split only, and gives each class the same total weight."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.resample.cohort import build_cohort
from tests.unit.resample.frames import (
    Row,
    film,
    pairs_of,
    patients,
    resample_params,
    usable_films,
)


def cohort(rows: list[Row], **changes: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    films = usable_films(rows)
    return build_cohort(films, pairs_of(films), resample_params(**changes))


def given_splits(n_normal: int, n_bacteria: int, n_virus: int) -> list[Row]:
    """The given numbers of patients per class and subtype, without given splits."""
    return [
        *patients("NORMAL", n_normal),
        *patients("PNEUMONIA", n_bacteria, subtype="bacteria"),
        *patients("PNEUMONIA", n_virus, subtype="virus"),
    ]


def by_label(films: pd.DataFrame) -> Any:
    return films.groupby("label")


COUNTS = st.tuples(st.integers(20, 90), st.integers(20, 90), st.integers(5, 60))


@given(COUNTS, st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_oversampled_classes_have_the_size_of_the_largest_and_repeats_differ_by_one(
    counts: tuple[int, int, int], seed: int
) -> None:
    samples, excluded = cohort(given_splits(*counts), balance="oversample", seed=seed)
    assert excluded.empty
    train = samples[samples["split"] == "train"]
    largest = by_label(train).size().max()
    repeats = by_label(train)["n_repeats"]
    assert repeats.sum().tolist() == [largest, largest]
    assert (repeats.max() - repeats.min()).max() <= 1
    assert repeats.min().min() >= 1
    assert (samples.loc[samples["split"] != "train", "n_repeats"] == 1).all()
    assert (samples["sample_weight"] == 1).all()


@given(COUNTS, st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_undersampled_classes_have_the_size_of_the_smallest_and_splits_do_not_change(
    counts: tuple[int, int, int], seed: int
) -> None:
    rows = given_splits(*counts)
    plain, _ = cohort(rows, balance="none", seed=seed)
    samples, excluded = cohort(rows, balance="undersample", seed=seed)
    train = samples[samples["split"] == "train"]
    smallest = by_label(plain[plain["split"] == "train"]).size().min()
    assert by_label(train).size().tolist() == [smallest, smallest]
    assert set(excluded["reason"]) <= {"undersampled"}
    assert len(samples) + len(excluded) == len(plain)
    both = plain.merge(samples, on="path", suffixes=("", "_after"), how="left")
    left_out = both["split_after"].isna()
    assert sorted(both.loc[left_out, "path"]) == excluded["path"].tolist()
    assert (both.loc[left_out, "split"] == "train").all()
    assert (both.loc[~left_out, "split"] == both.loc[~left_out, "split_after"]).all()
    assert (samples[["sample_weight", "n_repeats"]] == 1).all(axis=None)


@given(COUNTS, st.integers(0, 2**32 - 1), st.sampled_from(["oversample", "undersample"]))
@settings(max_examples=10, deadline=None)
def test_subtypes_keep_their_proportion(
    counts: tuple[int, int, int], seed: int, balance: str
) -> None:
    rows = given_splits(*counts)
    plain, _ = cohort(rows, balance="none", seed=seed)
    samples, _ = cohort(rows, balance=balance, seed=seed)
    before = plain[(plain["split"] == "train") & (plain["label"] == "PNEUMONIA")]
    after = samples[(samples["split"] == "train") & (samples["label"] == "PNEUMONIA")]
    total = after["n_repeats"].sum()
    assert set(after["subtype"]) <= set(before["subtype"])
    for subtype in before["subtype"].unique():
        share = (before["subtype"] == subtype).sum() / len(before)
        n_after = after.loc[after["subtype"] == subtype, "n_repeats"].sum()
        assert abs(n_after - share * total) <= 1


@pytest.mark.parametrize("balance", ["oversample", "undersample"])
def test_the_hash_draw_and_not_the_file_name_chooses(balance: str) -> None:
    """Renamed films are chosen in the same way; another seed chooses others."""
    rows = given_splits(30, 60, 50)
    renamed = [{**row, "path": f"{row['image_id'][::-1]}.jpeg"} for row in rows]

    def chosen(films: list[Row], seed: int) -> list[tuple[str, int]]:
        samples, _ = cohort(films, balance=balance, seed=seed, val_share=0.2)
        return sorted(zip(samples["image_id"], samples["n_repeats"], strict=True))

    assert chosen(rows, 0) == chosen(renamed, 0)
    assert chosen(rows, 0) != chosen(rows, 1)
    train = cohort(rows, balance=balance)[0].query("split == 'train' and label == 'NORMAL'")
    if balance == "oversample":  # the films with one more repeat are not the first by name
        more = train["n_repeats"] == train["n_repeats"].max()
        assert 0 < more.sum() < len(train)
        assert not more.is_monotonic_decreasing


def test_oversampling_by_hand() -> None:
    in_test = [
        row for label in ("NORMAL", "PNEUMONIA") for row in patients(label, 3, given_split="test")
    ]
    rows = [*in_test, *patients("NORMAL", 9, given_split="train")]
    rows += [film(f"p{n}", "PNEUMONIA", f"p:{n}", given_split="train") for n in range(40)]
    samples, _ = cohort(rows, balance="oversample")
    train = samples[samples["split"] == "train"]
    n_films = train["label"].value_counts()
    repeats = train.loc[train["label"] == "NORMAL", "n_repeats"].value_counts().to_dict()
    base, one_more = divmod(int(n_films["PNEUMONIA"]), int(n_films["NORMAL"]))
    expected = {base: n_films["NORMAL"] - one_more, base + 1: one_more}
    assert repeats == {count: n for count, n in expected.items() if n}
    assert base >= 2


def test_excluded_films_state_the_sizes_of_the_classes() -> None:
    samples, excluded = cohort(given_splits(30, 60, 50), balance="undersample")
    smallest = int((samples["split"] == "train").sum() / 2)
    n_before = smallest + len(excluded)
    assert set(excluded["because"]) == {
        f"NORMAL has {smallest} training films, PNEUMONIA {n_before}: a hash draw left out the rest"
    }


def test_weights_by_hand() -> None:
    in_test = [*patients("NORMAL", 2, given_split="test"), *patients("PNEUMONIA", 2,
            given_split="test")]  # fmt: skip
    rows = [*in_test, *patients("NORMAL", 20, given_split="train"),
            *patients("PNEUMONIA", 60, given_split="train")]  # fmt: skip
    samples, _ = cohort(rows)
    train = samples[samples["split"] == "train"]
    n_normal, n_pneumonia = by_label(train).size()
    n_films = n_normal + n_pneumonia
    weights = by_label(train)["sample_weight"].unique().map(list).to_dict()
    assert weights == {
        "NORMAL": [pytest.approx(n_films / (2 * n_normal))],
        "PNEUMONIA": [pytest.approx(n_films / (2 * n_pneumonia))],
    }
    assert train["sample_weight"].sum() == pytest.approx(n_films)
    assert (samples.loc[samples["split"] != "train", "sample_weight"] == 1).all()
    assert (samples["n_repeats"] == 1).all()


def test_without_balance_every_weight_and_repeat_is_1() -> None:
    samples, _ = cohort(given_splits(30, 60, 50), balance="none")
    assert (samples[["sample_weight", "n_repeats"]] == 1).all(axis=None)
