"""One honest cohort: patients kept apart, leaks and doubles left out, counts that add up."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from tasks.core.errors import CohortError
from tasks.core.tables import EXCLUDED_SCHEMA, SAMPLES_SCHEMA
from tasks.resample.cohort import build_cohort
from tests.unit.resample.frames import (
    Row,
    digest,
    film,
    pairs_of,
    patients,
    resample_params,
    usable_films,
)

Near = Sequence[tuple[str, str]]


def cohort(rows: list[Row], near: Near = (), **changes: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    films = usable_films(rows)
    samples, excluded = build_cohort(films, pairs_of(films, near), resample_params(**changes))
    assert len(samples) + len(excluded) == len(films)
    assert sorted([*samples["path"], *excluded["path"]]) == films["path"].tolist()
    assert list(samples.columns) == SAMPLES_SCHEMA.names
    assert list(excluded.columns) == EXCLUDED_SCHEMA.names
    return samples, excluded


def reasons(excluded: pd.DataFrame) -> dict[str, str]:
    return dict(zip(excluded["path"], excluded["reason"], strict=True))


def kermany() -> list[Row]:
    """A small set with given splits: 40 + 40 patients, 5 + 5 of them in the given test."""
    return [
        *patients("NORMAL", 30, given_split="train"),
        *patients("NORMAL", 5, given_split="val"),
        *patients("NORMAL", 5, given_split="test"),
        *patients("PNEUMONIA", 15, 3, subtype="bacteria", given_split="train"),
        *patients("PNEUMONIA", 15, subtype="virus", given_split="train"),
        *patients("PNEUMONIA", 5, subtype="virus", given_split="val"),
        *patients("PNEUMONIA", 5, 2, subtype="bacteria", given_split="test"),
    ]


def no_splits() -> list[Row]:
    return [{**row, "given_split": None} for row in kermany()]


def splits_of(samples: pd.DataFrame, key: str) -> int:
    return int(samples.groupby(key)["split"].nunique().max())


def test_neither_patients_nor_groups_straddle_splits() -> None:
    samples, _ = cohort(no_splits())
    assert splits_of(samples, "patient_id") == splits_of(samples, "group_id") == 1


def test_the_split_of_a_patient_by_hand() -> None:
    """The rule itself, worked out beside the code: two thresholds on two hashes of the key."""
    samples, excluded = cohort([*patients("NORMAL", 40), *patients("PNEUMONIA", 40)], seed=3)
    assert excluded.empty

    def lot(purpose: str, patient: str) -> float:
        return int(hashlib.sha256(f"3:{purpose}:{patient}".encode()).hexdigest(), 16) / 2**256

    for patient, split in zip(samples["patient_id"], samples["split"], strict=True):
        rest = "val" if lot("val", patient) < 0.25 else "train"
        assert split == ("test" if lot("test", patient) < 0.2 else rest)


def test_a_given_test_is_kept_film_by_film() -> None:
    samples, excluded = cohort(kermany())
    assert excluded.empty
    assert ((samples["split"] == "test") == (samples["given_split"] == "test")).all()


def test_given_train_and_val_are_joined_and_drawn_anew() -> None:
    samples, _ = cohort(kermany())
    rest = samples[samples["split"] != "test"]
    for given_split in ("train", "val"):
        assert set(rest[rest["given_split"] == given_split]["split"]) == {"train", "val"}


@pytest.mark.parametrize("keep", [True, False])
def test_no_given_split_and_a_given_split_not_kept_are_the_same(keep: bool) -> None:
    kept_away, _ = cohort([{**row, "given_split": None} for row in kermany()], keep_given_test=keep)
    ignored, _ = cohort(kermany(), keep_given_test=False)
    assert_frame_equal(kept_away.drop(columns="given_split"), ignored.drop(columns="given_split"))


@pytest.mark.parametrize("keep", [True, False])
def test_the_order_of_the_rows_does_not_matter(keep: bool) -> None:
    films = usable_films([*kermany(), *doubles()])
    params = resample_params(keep_given_test=keep)
    for seed in (1, 2):
        shuffled = films.sample(frac=1, random_state=seed)
        pairs = pairs_of(films)
        mixed = pairs.sample(frac=1, random_state=seed)
        for first, second in zip(
            build_cohort(films, pairs, params), build_cohort(shuffled, mixed, params), strict=True
        ):
            assert_frame_equal(first, second)


def test_the_input_is_not_changed() -> None:
    films = usable_films(kermany())
    pairs = pairs_of(films)
    before = films.copy(), pairs.copy()
    build_cohort(films, pairs, resample_params(balance="undersample"))
    assert_frame_equal(films, before[0])
    assert_frame_equal(pairs, before[1])


def test_seeds_differ_and_so_do_splits() -> None:
    drawn = [
        tuple(cohort(no_splits(), seed=seed)[0].sort_values("path")["split"]) for seed in range(5)
    ]
    assert len(set(drawn)) == 5
    assert drawn[0] == tuple(cohort(no_splits(), seed=0)[0].sort_values("path")["split"])


def test_a_given_test_does_not_depend_on_the_seed() -> None:
    tests = [
        tuple(samples.loc[samples["split"] == "test", "path"])
        for samples, _ in (cohort(kermany(), seed=seed) for seed in range(3))
    ]
    assert len(set(tests)) == 1


def test_names_and_folders_do_not_matter() -> None:
    """The same films under other paths give the same cohort up to the paths."""
    rows = [*no_splits(), *({**row, "given_split": None} for row in doubles())]
    renamed = [{**row, "path": f"{row['image_id'][::-1]}.jpeg"} for row in rows]
    for balance in ("class_weight", "oversample", "undersample"):
        one, other = (
            cohort(films, balance=balance)[0].drop(columns="path").sort_values("image_id")
            for films in (rows, renamed)
        )
        assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))


def doubles() -> list[Row]:
    """Films with the pixels of others: within train, and of the given test."""
    return [
        film(
            "copy-a",
            "NORMAL",
            "x:1",
            given_split="train",
            pixel_hash=digest("pixels", "NORtrain0000-0"),
        ),
        film(
            "copy-b",
            "NORMAL",
            "x:2",
            given_split="train",
            pixel_hash=digest("pixels", "NORtest0000-0"),
        ),
    ]


def test_of_films_with_the_same_pixels_the_smallest_patient_key_stays() -> None:
    samples, excluded = cohort([*kermany(), doubles()[0]])
    assert reasons(excluded) == {"train/NORMAL/copy-a.jpeg": "duplicate"}
    assert excluded["because"].tolist() == ["same pixels as train/NORMAL/NORtrain0000-0.jpeg"]
    assert "train/NORMAL/NORtrain0000-0.jpeg" in set(samples["path"])


def test_of_equal_files_of_one_patient_the_first_by_path_stays() -> None:
    twin = {**kermany()[0], "path": "train/NORMAL/0.jpeg"}
    _, excluded = cohort([*kermany(), twin])
    assert reasons(excluded) == {"train/NORMAL/NORtrain0000-0.jpeg": "duplicate"}


def test_of_films_with_the_same_pixels_the_given_tests_copy_stays_even_if_it_comes_later() -> None:
    first = film("0", "NORMAL", "x:2", path="a/NORMAL/0.jpeg", given_split="train",
                 pixel_hash=digest("pixels", "NORtest0000-0"))  # fmt: skip
    samples, excluded = cohort([*kermany(), first])
    assert reasons(excluded) == {"a/NORMAL/0.jpeg": "duplicate"}
    kept = samples[samples["path"] == "test/NORMAL/NORtest0000-0.jpeg"]
    assert kept["split"].tolist() == ["test"]


def test_where_the_given_test_is_not_kept_its_copy_has_no_precedence() -> None:
    first = film("0", "NORMAL", "x:2", path="a/NORMAL/0.jpeg", given_split="train",
                 patient_id="A:1", pixel_hash=digest("pixels", "NORtest0000-0"))  # fmt: skip
    _, excluded = cohort([*kermany(), first], keep_given_test=False)
    assert reasons(excluded) == {"test/NORMAL/NORtest0000-0.jpeg": "duplicate"}


LEAKS: dict[str, Row] = {
    "same patient": film("leak", "NORMAL", "NORtest:0", given_split="train"),
    "looks alike": film("leak", "NORMAL", "y:1", given_split="val"),
}  # fmt: skip
ALIKE = {
    "same patient": (),
    "looks alike": [("test/NORMAL/NORtest0000-0.jpeg", "val/NORMAL/leak.jpeg")],
}


@pytest.mark.parametrize("kind", LEAKS)
def test_a_leak_from_train_into_the_given_test_is_left_out_of_train(kind: str) -> None:
    leak = LEAKS[kind]
    samples, excluded = cohort([*kermany(), leak], ALIKE[kind])
    assert reasons(excluded) == {leak["path"]: "leak"}
    assert "with the test" in excluded["because"][0]
    assert (samples["split"] == "test").sum() == 15


def test_a_leak_takes_the_whole_group_out_of_train() -> None:
    more = film("other", "NORMAL", "y:1", given_split="train")
    _, excluded = cohort([*kermany(), LEAKS["looks alike"], more], ALIKE["looks alike"])
    assert set(reasons(excluded).values()) == {"leak"}
    assert len(excluded) == 2


@pytest.mark.parametrize("kind", LEAKS)
def test_without_a_given_test_the_same_films_are_no_leak_but_one_group(kind: str) -> None:
    samples, excluded = cohort([*kermany(), LEAKS[kind]], ALIKE[kind], keep_given_test=False)
    assert excluded.empty
    pair = samples[samples["path"].isin([LEAKS[kind]["path"], "test/NORMAL/NORtest0000-0.jpeg"])]
    assert pair["group_id"].nunique() == pair["split"].nunique() == 1


def test_the_same_pixels_under_two_labels_are_left_out_both() -> None:
    pixels = digest("pixels", "NORtrain0000-0")
    twin = film("twin", "PNEUMONIA", "z:1", given_split="train", pixel_hash=pixels)
    samples, excluded = cohort([*kermany(), twin])
    assert reasons(excluded) == {
        "train/NORMAL/NORtrain0000-0.jpeg": "label_conflict",
        "train/PNEUMONIA/twin.jpeg": "label_conflict",
    }
    assert samples["path"].str.contains("twin").sum() == 0


def test_near_duplicates_under_two_labels_stay_both_in_one_group() -> None:
    paths = ("train/NORMAL/NORtrain0000-0.jpeg", "train/PNEUMONIA/PNEvirustrain0000-0.jpeg")
    samples, excluded = cohort(kermany(), [paths])
    assert excluded.empty
    pair = samples[samples["path"].isin(paths)]
    assert pair["label"].tolist() in (["NORMAL", "PNEUMONIA"], ["PNEUMONIA", "NORMAL"])
    assert pair["group_id"].nunique() == pair["split"].nunique() == 1


@pytest.mark.parametrize(
    ("labels", "classes", "n_conflicts"),
    [("folder", ["BACTERIA", "NORMAL", "VIRUS"], 2), ("binary", ["NORMAL", "PNEUMONIA"], 0)],
)
def test_conflicts_and_classes_are_those_of_the_mapped_labels(
    labels: str, classes: list[str], n_conflicts: int
) -> None:
    rows = [*patients("NORMAL", 12), *patients("VIRUS", 12), *patients("BACTERIA", 12)]
    rows.append(film("twin", "BACTERIA", "z:1", pixel_hash=digest("pixels", "VIR0000-0")))
    samples, excluded = cohort(rows, labels=labels)
    assert (excluded["reason"] == "label_conflict").sum() == n_conflicts
    assert sorted(samples["label"].unique()) == classes
    assert (samples["label"] == samples["class_index"].map(dict(enumerate(classes)))).all()
    assert set(excluded["label"]) <= set(classes)


def test_a_film_without_a_patient_is_a_patient_of_its_own() -> None:
    rows = [*patients("COVID", 12), *patients("NORMAL", 12)]
    samples, _ = cohort([{**row, "patient_id": None} for row in rows])
    assert samples["patient_id"].nunique() == 24
    assert (samples["patient_id"] == "film:" + samples["image_id"].str[:16]).all()


def test_samples_are_sorted_by_split_and_path() -> None:
    samples, _ = cohort(kermany())
    keys = list(
        zip(samples["split"].map(["train", "val", "test"].index), samples["path"], strict=True)
    )
    assert keys == sorted(keys)
    assert samples.index.tolist() == list(range(len(samples)))


def test_class_index_is_the_position_among_the_sorted_classes() -> None:
    rows = [*patients("VIRAL PNEUMONIA", 12), *patients("COVID", 12), *patients("NORMAL", 12)]
    samples, _ = cohort(rows)
    pairs = dict(zip(samples["label"], samples["class_index"], strict=True))
    assert pairs == {"COVID": 0, "NORMAL": 1, "VIRAL PNEUMONIA": 2}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (patients("NORMAL", 20), "only ['NORMAL']"),
        ([*patients("NORMAL", 20), *patients("PNEUMONIA", 2)], "PNEUMONIA has no film in"),
        ([*patients("NORMAL", 20), *patients("PNEUMONIA", 1, 30)], "patients in all: 1)"),
        (
            [*patients("NORMAL", 20, given_split="train"),
             *patients("NORMAL", 9, given_split="test"),
             *patients("PNEUMONIA", 20, given_split="train")],
            "PNEUMONIA has no film in test",
        ),
        ([film(name, name, name, pixel_hash="p") for name in ("NORMAL", "COVID")], "only []"),
    ],
    ids=["one class", "two patients", "one patient", "given test lacks a class", "all conflict"],
)  # fmt: skip
def test_a_cohort_that_cannot_be_is_refused_by_class_and_split(rows: list[Row], found: str) -> None:
    with pytest.raises(CohortError) as caught:
        cohort(rows)
    assert found in caught.value.found


def test_three_patients_of_each_class_are_enough() -> None:
    for seed in range(20):
        samples, _ = cohort([*patients("NORMAL", 3), *patients("PNEUMONIA", 3)], seed=seed)
        assert samples.groupby(["label", "split"]).size().tolist() == [1] * 6


@st.composite
def any_films(draw: Callable[..., Any]) -> tuple[list[Row], Near]:
    """Clean patients of two classes, films that share patient or pixels, pairs that look alike."""
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
@settings(max_examples=60, deadline=None)
def test_promises_hold_for_any_films(
    made: tuple[list[Row], Near], seed: int, keep: bool, balance: str, n_folds: int
) -> None:
    rows, near = made
    changes = {"seed": seed, "keep_given_test": keep, "balance": balance, "n_folds": n_folds}
    try:
        samples, excluded = cohort(rows, near, **changes)
    except CohortError:  # a given test of one class, or that most films are tied to
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
