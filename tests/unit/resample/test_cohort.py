"""One honest cohort: patients kept apart, leaks and doubles left out, counts that add up."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from tasks.errors import CohortError
from tasks.resample.cohort import build_cohort
from tasks.tables import EXCLUDED, SAMPLES
from tests.unit.resample.frames import (
    Row,
    digest,
    film,
    patients,
    resample_params,
    usable_films,
)


def cohort(rows: list[Row], **changes: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    films = usable_films(rows)
    samples, excluded = build_cohort(films, resample_params(**changes))
    assert len(samples) + len(excluded) == len(films)
    assert sorted([*samples["path"], *excluded["path"]]) == films["path"].tolist()
    assert list(samples.columns) == SAMPLES.names
    assert list(excluded.columns) == EXCLUDED.names
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


def test_shares_by_hand_with_one_film_per_patient() -> None:
    samples, excluded = cohort([*patients("NORMAL", 40), *patients("PNEUMONIA", 20)])
    # test: 0.2 x 40 = 8 and 0.2 x 20 = 4; val: 0.25 of the rest, 8 of 32 and 4 of 16
    assert samples.groupby(["label", "split"]).size().to_dict() == {
        ("NORMAL", "test"): 8, ("NORMAL", "val"): 8, ("NORMAL", "train"): 24,
        ("PNEUMONIA", "test"): 4, ("PNEUMONIA", "val"): 4, ("PNEUMONIA", "train"): 12,
    }  # fmt: skip
    assert excluded.empty


def test_the_draw_is_stratified_by_subtype() -> None:
    rows = [
        *patients("NORMAL", 20),
        *patients("PNEUMONIA", 40, subtype="bacteria"),
        *patients("PNEUMONIA", 10, subtype="virus"),
    ]
    samples, _ = cohort(rows)
    test = samples[samples["split"] == "test"]
    assert test["subtype"].value_counts().to_dict() == {"bacteria": 8, "virus": 2}


@given(st.lists(st.integers(1, 30), min_size=8, max_size=40), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_shares_are_met_to_within_one_patient(sizes: list[int], seed: int) -> None:
    rows = [
        film(f"{label}{number}-{part}", label, f"{label}:{number}")
        for label in ("NORMAL", "PNEUMONIA")
        for number, size in enumerate(sizes)
        for part in range(size)
    ]
    try:
        samples, _ = cohort(rows, seed=seed)
    except CohortError:  # one patient may hold most films of a class
        return
    for _, films in samples.groupby("label"):
        n_test, n_val = ((films["split"] == split).sum() for split in ("test", "val"))
        assert 0.2 * len(films) <= n_test < 0.2 * len(films) + max(sizes)
        n_rest = len(films) - n_test
        assert 0.25 * n_rest <= n_val < 0.25 * n_rest + max(sizes)


def test_a_given_test_is_kept_film_by_film() -> None:
    samples, excluded = cohort(kermany())
    assert excluded.empty
    assert ((samples["split"] == "test") == (samples["given_split"] == "test")).all()


def test_given_train_and_val_are_joined_and_drawn_anew() -> None:
    samples, _ = cohort(kermany())
    rest = samples[samples["split"] != "test"]
    assert set(rest[rest["given_split"] == "val"]["split"]) == {"train", "val"}
    # 0.25 of 35 normals, of 45 + 0 bacterial films in threes, and of 20 viral: 9, 12 and 5
    assert (rest["split"] == "val").sum() == 9 + 12 + 5


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
        for first, second in zip(
            build_cohort(films, params), build_cohort(shuffled, params), strict=True
        ):
            assert_frame_equal(first, second)


def test_the_input_is_not_changed() -> None:
    films = usable_films(kermany())
    before = films.copy()
    build_cohort(films, resample_params())
    assert_frame_equal(films, before)


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


def test_a_new_patient_moves_few_others() -> None:
    before, _ = cohort([*patients("NORMAL", 100), *patients("PNEUMONIA", 100)])
    after, _ = cohort([*patients("NORMAL", 101), *patients("PNEUMONIA", 100)])
    both = before.merge(after, on="path", suffixes=("", "_after"))
    assert (both["split"] != both["split_after"]).sum() <= 4


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


def test_of_films_with_the_same_pixels_the_first_by_path_stays() -> None:
    samples, excluded = cohort([*kermany(), doubles()[0]])
    assert reasons(excluded) == {"train/NORMAL/copy-a.jpeg": "duplicate"}
    assert excluded["because"].tolist() == ["same pixels as train/NORMAL/NORtrain0000-0.jpeg"]
    assert "train/NORMAL/NORtrain0000-0.jpeg" in set(samples["path"])


def test_of_films_with_the_same_pixels_the_given_tests_copy_stays_even_if_it_comes_later() -> None:
    first = film("0", "NORMAL", "x:2", path="a/NORMAL/0.jpeg", given_split="train",
                 pixel_hash=digest("pixels", "NORtest0000-0"))  # fmt: skip
    samples, excluded = cohort([*kermany(), first])
    assert reasons(excluded) == {"a/NORMAL/0.jpeg": "duplicate"}
    kept = samples[samples["path"] == "test/NORMAL/NORtest0000-0.jpeg"]
    assert kept["split"].tolist() == ["test"]


def test_where_the_given_test_is_not_kept_its_copy_has_no_precedence() -> None:
    first = film("0", "NORMAL", "x:2", path="a/NORMAL/0.jpeg", given_split="train",
                 pixel_hash=digest("pixels", "NORtest0000-0"))  # fmt: skip
    _, excluded = cohort([*kermany(), first], keep_given_test=False)
    assert reasons(excluded) == {"test/NORMAL/NORtest0000-0.jpeg": "duplicate"}


LEAKS: dict[str, Row] = {
    "same patient": film("leak", "NORMAL", "NORtest:0", given_split="train"),
    "looks alike": film("leak", "NORMAL", "y:1", given_split="val",
                        perceptual_hash=f"{int(digest('look', 'NORtest0000-0'), 16) ^ 11:064x}"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LEAKS)
def test_a_leak_from_train_into_the_given_test_is_left_out_of_train(kind: str) -> None:
    leak = LEAKS[kind]
    samples, excluded = cohort([*kermany(), leak])
    assert reasons(excluded) == {leak["path"]: "leak"}
    assert "with the test" in excluded["because"][0]
    assert (samples["split"] == "test").sum() == 15


def test_a_leak_takes_the_whole_group_out_of_train() -> None:
    more = film("other", "NORMAL", "y:1", given_split="train")
    _, excluded = cohort([*kermany(), LEAKS["looks alike"], more])
    assert set(reasons(excluded).values()) == {"leak"}
    assert len(excluded) == 2


@pytest.mark.parametrize("kind", LEAKS)
def test_without_a_given_test_the_same_films_are_no_leak_but_one_group(kind: str) -> None:
    samples, excluded = cohort([*kermany(), LEAKS[kind]], keep_given_test=False)
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


def test_weights_by_hand() -> None:
    samples, _ = cohort([*patients("NORMAL", 20), *patients("PNEUMONIA", 60)])
    train = samples[samples["split"] == "train"]
    # 12 + 36 = 48 films in train, 2 classes: 48 / (2 x 12) = 2 and 48 / (2 x 36) = 2/3
    assert train["label"].value_counts().to_dict() == {"NORMAL": 12, "PNEUMONIA": 36}
    weights = train.groupby("label")["sample_weight"].unique().map(list).to_dict()
    assert weights == {"NORMAL": [2.0], "PNEUMONIA": [pytest.approx(2 / 3)]}
    assert train["sample_weight"].sum() == pytest.approx(48)
    assert (samples.loc[samples["split"] != "train", "sample_weight"] == 1).all()


def test_without_balance_every_film_weighs_one() -> None:
    samples, _ = cohort(kermany(), balance="none")
    assert (samples["sample_weight"] == 1).all()


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (patients("NORMAL", 20), "only ['NORMAL']"),
        ([*patients("NORMAL", 20), *patients("PNEUMONIA", 2)], "PNEUMONIA has no film in train"),
        ([*patients("NORMAL", 20), *patients("PNEUMONIA", 1, 30)], "PNEUMONIA has no film in"),
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
    samples, _ = cohort([*patients("NORMAL", 3), *patients("PNEUMONIA", 3)])
    assert samples.groupby(["label", "split"]).size().tolist() == [1] * 6


@st.composite
def any_films(draw: Callable[..., Any]) -> list[Row]:
    """Clean patients of two classes, and films that share patient, pixels or look at random."""
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
                perceptual_hash=draw(key.map(lambda value: digest("look", value))),
            )
        )
    return rows


@given(any_films(), st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=60, deadline=None)
def test_promises_hold_for_any_films(rows: list[Row], seed: int, keep: bool) -> None:
    try:
        samples, excluded = cohort(rows, seed=seed, keep_given_test=keep)
    except CohortError:  # a given test of one class
        return
    assert splits_of(samples, "patient_id") == splits_of(samples, "group_id") == 1
    looks = samples.merge(usable_films(rows)[["path", "pixel_hash", "perceptual_hash"]], on="path")
    assert looks["pixel_hash"].is_unique
    assert splits_of(looks, "perceptual_hash") == 1
    assert set(excluded["reason"]) <= {"duplicate", "leak", "label_conflict"}
    assert excluded["because"].notna().all()
    if keep and (samples["given_split"] == "test").any():
        assert ((samples["split"] == "test") == (samples["given_split"] == "test")).all()
    if not keep:
        assert "leak" not in set(excluded["reason"])
    train = samples[samples["split"] == "train"]
    assert train.groupby("label")["sample_weight"].sum().tolist() == pytest.approx(
        [len(train) / 2] * 2
    )
