"""One folder name says a split, a class, a patient, a number, or nothing about the film."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.layouts.folder_names import name_kind, numbered_stem, split_in, split_of


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"), ("Training", "train"), ("train_images", "train"), ("1_train", "train"),
        ("training_set", "train"), ("trainSet", "train"), ("traindata", "train"),
        ("val", "val"), ("Valid", "val"), ("validation-set", "val"), ("dev", "val"),
        ("Test Data", "test"), ("02 testing", "test"), ("holdout", "test"), ("hold-out", "test"),
        ("eval", "test"), ("CXR_test", "test"),
    ],
)  # fmt: skip
def test_a_folder_that_holds_a_word_for_a_split_is_one(name: str, split: str) -> None:
    assert split_of(name) == split_in(name) == split


@pytest.mark.parametrize(
    "name", ["trains_station", "contest", "evaluate", "latest", "train_test_split", "device", "0"]
)
def test_other_names_are_no_splits(name: str) -> None:
    assert split_of(name) is None


def test_a_name_with_a_split_and_another_word_counts_only_beside_other_splits() -> None:
    assert (split_of("covid_test"), split_in("covid_test")) == (None, "test")


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("class", ["NORMAL", "Viral Pneumonia", "COVID-19", "no_finding", "NoFinding", "TB",
                   "1_normal", "normal patients", "COVID images", "Non-COVID"]),
        ("patient", ["patient00001", "Patient 7", "p10000032", "sub-S03047", "case_12", "subject_A",
                     "person_12", "pid-4"]),
        ("number", ["0", "0001", "2020-03-01", "1.2.840.113", "12_7",
                    "6fb1d1f7-3f0a-4c1e-9d6e-0c8f0a1b2c3d"]),
        ("container", ["images", "images_001", "batch2", "part-3", "CXR_png", "X-ray images", "AP",
                       "224x224", "fold 0", "study1", "data"]),
        ("blank", ["_", " ", "\u2003"]),
        ("other", ["Odense", "covid_hospital", "ill", "A001", "chest"]),
    ],
)  # fmt: skip
def test_each_kind_is_known(kind: str, names: list[str]) -> None:
    assert {name: name_kind(name) for name in names} == dict.fromkeys(names, kind)


def test_numbered_names_have_a_stem_unless_they_announce_a_class() -> None:
    assert [numbered_stem(name) for name in ("A001", "grade 2", "class_1", "ill")] == [
        "a", None, None, None,
    ]  # fmt: skip


@given(st.text(max_size=40))
def test_any_text_has_one_kind(name: str) -> None:
    assert name_kind(name) in ("split", "class", "patient", "number", "container", "blank", "other")
