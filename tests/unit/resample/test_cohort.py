"""The cohort keeps each patient in one split; order, names and seeds act as documented."""

import hashlib

import pytest
from pandas.testing import assert_frame_equal

from tasks.core.errors import CohortError
from tasks.resample.cohort import build_cohort
from tests.unit.resample.cohort_cases import (
    cohort,
    copies,
    kermany,
    no_splits,
    splits_of,
)
from tests.unit.resample.frames import (
    Row,
    digest,
    film,
    pairs_of,
    patients,
    resample_params,
    usable_films,
)


def test_patients_and_groups_are_in_one_split_only() -> None:
    samples, _ = cohort(no_splits())
    assert splits_of(samples, "patient_id") == splits_of(samples, "group_id") == 1


def test_the_split_of_a_patient_by_hand() -> None:
    """The rule, written again here: two thresholds on two hashes of the patient id."""
    samples, excluded = cohort([*patients("NORMAL", 40), *patients("PNEUMONIA", 40)], seed=3)
    assert excluded.empty

    def share_of_hash(purpose: str, patient: str) -> float:
        return int(hashlib.sha256(f"3:{purpose}:{patient}".encode()).hexdigest(), 16) / 2**256

    for patient, split in zip(samples["patient_id"], samples["split"], strict=True):
        rest = "val" if share_of_hash("val", patient) < 0.25 else "train"
        assert split == ("test" if share_of_hash("test", patient) < 0.2 else rest)


def test_a_given_test_split_is_kept() -> None:
    samples, excluded = cohort(kermany())
    assert excluded.empty
    assert ((samples["split"] == "test") == (samples["given_split"] == "test")).all()


def test_given_train_and_val_splits_are_joined_and_split_again() -> None:
    samples, _ = cohort(kermany())
    rest = samples[samples["split"] != "test"]
    for given_split in ("train", "val"):
        assert set(rest[rest["given_split"] == given_split]["split"]) == {"train", "val"}


@pytest.mark.parametrize("keep", [True, False])
def test_a_given_split_that_is_not_kept_has_no_effect(keep: bool) -> None:
    kept_away, _ = cohort([{**row, "given_split": None} for row in kermany()], keep_given_test=keep)
    ignored, _ = cohort(kermany(), keep_given_test=False)
    assert_frame_equal(kept_away.drop(columns="given_split"), ignored.drop(columns="given_split"))


@pytest.mark.parametrize("keep", [True, False])
def test_the_order_of_the_rows_does_not_matter(keep: bool) -> None:
    films = usable_films([*kermany(), *copies()])
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


def test_other_seeds_give_other_splits() -> None:
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


def test_file_names_and_folders_do_not_matter() -> None:
    """The same films under other paths give the same cohort, apart from the paths."""
    rows = [*no_splits(), *({**row, "given_split": None} for row in copies())]
    renamed = [{**row, "path": f"{row['image_id'][::-1]}.jpeg"} for row in rows]
    for balance in ("class_weight", "oversample", "undersample"):
        one, other = (
            cohort(films, balance=balance)[0].drop(columns="path").sort_values("image_id")
            for films in (rows, renamed)
        )
        assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))


@pytest.mark.parametrize(
    ("labels", "classes", "n_conflicts"),
    [("folder", ["BACTERIA", "NORMAL", "VIRUS"], 2), ("binary", ["NORMAL", "PNEUMONIA"], 0)],
)
def test_conflicts_and_classes_use_the_mapped_labels(
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
        ([*patients("NORMAL", 20), *patients("PNEUMONIA", 1, 30)], "groups of patients: 1)"),
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
def test_the_error_of_an_impossible_cohort_names_class_and_split(
    rows: list[Row], found: str
) -> None:
    with pytest.raises(CohortError) as caught:
        cohort(rows)
    assert found in caught.value.found


def test_three_patients_of_each_class_are_enough() -> None:
    for seed in range(20):
        samples, _ = cohort([*patients("NORMAL", 3), *patients("PNEUMONIA", 3)], seed=seed)
        assert samples.groupby(["label", "split"]).size().tolist() == [1] * 6
