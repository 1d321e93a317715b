"""Layout `class_folders`: one folder per class, with or without a split level."""

import pytest

from tasks.ingest.layouts.class_folders import ClassFolders
from tests.unit.ingest.layouts.listing import layout_of


def labels(paths: list[str]) -> list[str | None]:
    layout = ClassFolders(paths)
    assert layout.recognises(paths)
    return [layout.path_facts(path).label for path in paths]


@pytest.mark.parametrize("outer", ["", "data/", "a/b/"])
@pytest.mark.parametrize("split", ["", "train/", "Validation/"])
def test_classes_are_known_with_and_without_outer_folder_and_split(outer: str, split: str) -> None:
    paths = [f"{outer}{split}{name}/1.png" for name in ("Covid", "Healthy", "Viral Pneumonia")]
    layout = layout_of(paths)
    given = {"": None, "train/": "train", "Validation/": "val"}[split]
    assert layout.name == "class_folders"
    assert labels(paths) == ["COVID", "HEALTHY", "VIRAL PNEUMONIA"]
    assert {layout.path_facts(path).given_split for path in paths} == {given}


def test_one_class_in_several_spellings_is_one_class() -> None:
    paths = ["train/Viral Pneumonia/1.png", "test/VIRAL_PNEUMONIA/1.png", "test/ok/1.png"]
    assert labels(paths) == ["VIRAL PNEUMONIA", "VIRAL PNEUMONIA", "OK"]


def test_a_picture_at_the_root_has_no_class() -> None:
    paths = ["cover.png", "set/Covid/1.png", "set/Normal/1.png"]
    assert labels(paths) == [None, "COVID", "NORMAL"]


def test_patients_are_read_from_the_names_of_mooney_and_dincer() -> None:
    paths = [
        "NORMAL/IM-0001-0001.jpeg", "PNEUMONIA/person1_virus_1.jpeg",
        "PNEUMONIA/VIRUS-30184-0001.jpeg", "PNEUMONIA/x.jpeg",
    ]  # fmt: skip
    facts = [layout_of(paths).path_facts(path) for path in paths]
    assert [fact.patient_id for fact in facts] == ["IM:1", "virus:1", "virus:30184", None]


def test_files_may_lie_deeper_than_the_class_folder() -> None:
    paths = ["a/Covid/images/1.png", "a/Covid/more/x/2.png", "a/Normal/images/1.png"]
    assert labels(paths) == ["COVID", "COVID", "NORMAL"]


@pytest.mark.parametrize("folder", ["masks", "Masks", "mask"])
def test_masks_are_not_films(folder: str) -> None:
    films = [f"set/{name}/images/{name}-1.png" for name in ("COVID", "Normal")]
    masks = [film.replace("images", folder) for film in films]
    layout = ClassFolders([*films, *masks])
    assert [layout.path_facts(path).rejected for path in [*films, *masks]] == [
        None,
        None,
        *["mask"] * 2,
    ]
    assert layout.path_facts(masks[0]).label == "COVID"


def test_a_mask_folder_beside_the_classes_is_not_a_class() -> None:
    paths = ["set/COVID/1.png", "set/Normal/1.png", "set/masks/1.png"]
    assert labels(paths)[2] is None
    assert layout_of(paths).path_facts("set/masks/1.png").rejected == "mask"


@pytest.mark.parametrize("folder", [" ", "_", "\u2003"])
def test_a_folder_with_a_blank_name_is_not_a_class(folder: str) -> None:
    paths = ["COVID/1.png", "Normal/1.png", f"{folder}/1.png"]
    assert labels(paths)[2] is None


def test_odd_separators_of_a_zip_change_nothing() -> None:
    assert labels(["./set//COVID/1.png", "set/Normal/./1.png"]) == ["COVID", "NORMAL"]
