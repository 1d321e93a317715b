"""Copies, contradictions and leaks are left out of the cohort."""

import pytest

from tests.unit.resample.cohort_cases import cohort, copies, kermany, reasons
from tests.unit.resample.frames import (
    Row,
    digest,
    film,
)


def test_of_identical_pixels_the_film_with_the_smallest_patient_id_stays() -> None:
    samples, excluded = cohort([*kermany(), copies()[0]])
    assert reasons(excluded) == {"train/NORMAL/copy-a.jpeg": "duplicate"}
    assert excluded["because"].tolist() == ["same pixels as train/NORMAL/NORtrain0000-0.jpeg"]
    assert "train/NORMAL/NORtrain0000-0.jpeg" in set(samples["path"])


def test_of_identical_files_of_one_patient_the_first_by_path_stays() -> None:
    twin = {**kermany()[0], "path": "train/NORMAL/0.jpeg"}
    _, excluded = cohort([*kermany(), twin])
    assert reasons(excluded) == {"train/NORMAL/NORtrain0000-0.jpeg": "duplicate"}


def test_of_identical_pixels_the_film_of_the_given_test_split_stays() -> None:
    first = film("0", "NORMAL", "x:2", path="a/NORMAL/0.jpeg", given_split="train",
                 pixel_hash=digest("pixels", "NORtest0000-0"))  # fmt: skip
    samples, excluded = cohort([*kermany(), first])
    assert reasons(excluded) == {"a/NORMAL/0.jpeg": "duplicate"}
    kept = samples[samples["path"] == "test/NORMAL/NORtest0000-0.jpeg"]
    assert kept["split"].tolist() == ["test"]


def test_without_a_kept_test_split_its_films_have_no_precedence() -> None:
    first = film("0", "NORMAL", "x:2", path="a/NORMAL/0.jpeg", given_split="train",
                 patient_id="A:1", pixel_hash=digest("pixels", "NORtest0000-0"))  # fmt: skip
    _, excluded = cohort([*kermany(), first], keep_given_test=False)
    assert reasons(excluded) == {"test/NORMAL/NORtest0000-0.jpeg": "duplicate"}


LEAKS: dict[str, Row] = {
    "same patient": film("leak", "NORMAL", "NORtest:0", given_split="train"),
    "near duplicate": film("leak", "NORMAL", "y:1", given_split="val"),
}  # fmt: skip
ALIKE = {
    "same patient": (),
    "near duplicate": [("test/NORMAL/NORtest0000-0.jpeg", "val/NORMAL/leak.jpeg")],
}


@pytest.mark.parametrize("kind", LEAKS)
def test_a_leak_into_the_given_test_split_is_left_out_of_training(kind: str) -> None:
    leak = LEAKS[kind]
    samples, excluded = cohort([*kermany(), leak], ALIKE[kind])
    assert reasons(excluded) == {leak["path"]: "leak"}
    assert "with the test" in excluded["because"][0]
    assert (samples["split"] == "test").sum() == 15


def test_the_whole_group_of_a_leak_is_left_out_of_training() -> None:
    more = film("other", "NORMAL", "y:1", given_split="train")
    _, excluded = cohort([*kermany(), LEAKS["near duplicate"], more], ALIKE["near duplicate"])
    assert set(reasons(excluded).values()) == {"leak"}
    assert len(excluded) == 2


@pytest.mark.parametrize("kind", LEAKS)
def test_without_a_kept_test_split_such_films_are_in_one_group(kind: str) -> None:
    samples, excluded = cohort([*kermany(), LEAKS[kind]], ALIKE[kind], keep_given_test=False)
    assert excluded.empty
    pair = samples[samples["path"].isin([LEAKS[kind]["path"], "test/NORMAL/NORtest0000-0.jpeg"])]
    assert pair["group_id"].nunique() == pair["split"].nunique() == 1


def test_identical_pixels_under_two_labels_are_both_left_out() -> None:
    pixels = digest("pixels", "NORtrain0000-0")
    twin = film("twin", "PNEUMONIA", "z:1", given_split="train", pixel_hash=pixels)
    samples, excluded = cohort([*kermany(), twin])
    assert reasons(excluded) == {
        "train/NORMAL/NORtrain0000-0.jpeg": "label_conflict",
        "train/PNEUMONIA/twin.jpeg": "label_conflict",
    }
    assert samples["path"].str.contains("twin").sum() == 0


def test_near_duplicates_under_two_labels_both_stay_in_one_group() -> None:
    paths = ("train/NORMAL/NORtrain0000-0.jpeg", "train/PNEUMONIA/PNEvirustrain0000-0.jpeg")
    samples, excluded = cohort(kermany(), [paths])
    assert excluded.empty
    pair = samples[samples["path"].isin(paths)]
    assert pair["label"].tolist() in (["NORMAL", "PNEUMONIA"], ["PNEUMONIA", "NORMAL"])
    assert pair["group_id"].nunique() == pair["split"].nunique() == 1
