"""What a path says of a film: class, split, patient; and what it must not be taken for."""

from pathlib import PurePosixPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.ingest.layouts import (
    ClassFolders,
    Layout,
    Mooney,
    canonical_label,
    detect_layout,
    is_image,
    is_junk,
    parse_kermany_name,
)

NUMBERS = st.integers(0, 99_999)
FOUR = st.integers(0, 9999)
MOONEY = [
    "chest_xray/train/NORMAL/IM-0001-0001.jpeg",
    "chest_xray/train/PNEUMONIA/person1_bacteria_1.jpeg",
    "chest_xray/test/NORMAL/IM-0002-0001.jpeg",
    "chest_xray/test/PNEUMONIA/person2_virus_1.jpeg",
]


def layout_of(paths: list[str], wanted: str = "auto") -> Layout:
    layout = detect_layout(paths, wanted)
    assert layout is not None
    return layout


def labels(paths: list[str]) -> dict[str, str | None]:
    layout = layout_of(paths)
    return {path: layout.place(path).label for path in paths}


@given(NUMBERS, st.sampled_from(["bacteria", "virus"]), NUMBERS, st.none() | st.integers(1, 99))
def test_every_pneumonia_name_gives_back_its_parts(
    number: int, subtype: str, film: int, part: int | None
) -> None:
    extra = "" if part is None else f"_{part}"
    name = f"person{number}_{subtype}_{film}{extra}.jpeg"
    assert parse_kermany_name(name) == (subtype, f"{subtype}:{number}")


@given(st.sampled_from(["", "NORMAL2-"]), FOUR, FOUR, st.none() | FOUR)
def test_every_normal_name_gives_back_its_parts(
    family: str, number: int, film: int, part: int | None
) -> None:
    extra = "" if part is None else f"-{part:04d}"
    name = f"{family}IM-{number:04d}-{film:04d}{extra}.jpeg"
    assert parse_kermany_name(name) == (None, f"{family}IM:{number}")


@given(st.text(max_size=30))
def test_other_names_have_neither_subtype_nor_patient(name: str) -> None:
    assume(not name.startswith(("person", "IM-", "NORMAL2-IM-")))
    assert parse_kermany_name(name) == (None, None)


@pytest.mark.parametrize(
    "name",
    [
        "person1_fungus_1.jpeg",
        "person_bacteria_1.jpeg",
        "person1_bacteria.jpeg",
        "person1_bacteria_1.png",
        "copy of person1_bacteria_1.jpeg",
        "person1_bacteria_1.jpeg.tmp",
        "IM-001-0001.jpeg",
        "IM-00001-0001.jpeg",
        "NORMAL3-IM-0001-0001.jpeg",
        "person1_bacteria_1.jpeg\n",
    ],
)
def test_a_name_that_is_only_nearly_right_says_nothing(name: str) -> None:
    assert parse_kermany_name(name) == (None, None)


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("person447_virus_921_1.jpeg", "virus:447"),
        ("person447_virus_921.jpeg", "virus:447"),
        ("NORMAL2-IM-0651-0004.jpeg", "NORMAL2-IM:651"),
        ("IM-0115-0001.jpeg", "IM:115"),
        ("IM-0439-0001-0002.jpeg", "IM:439"),
    ],
)
def test_the_odd_names_of_the_set_are_read(name: str, patient: str) -> None:
    assert parse_kermany_name(name)[1] == patient


def test_one_number_in_four_families_is_four_patients() -> None:
    names = [
        "person78_bacteria_378.jpeg",
        "person78_virus_140.jpeg",
        "IM-0078-0001.jpeg",
        "NORMAL2-IM-0078-0001.jpeg",
    ]
    assert len({parse_kermany_name(name)[1] for name in names}) == 4


@pytest.mark.parametrize("outer", ["", "chest_xray/", "archive/chest_xray/", "set v2/"])
def test_mooney_is_known_below_any_outer_folder(outer: str) -> None:
    paths = [path.replace("chest_xray/", outer) for path in MOONEY]
    layout = layout_of(paths)
    places = [layout.place(path) for path in paths]
    assert layout.name == "mooney"
    assert [place.given_split for place in places] == ["train", "train", "test", "test"]
    assert [place.label for place in places] == ["NORMAL", "PNEUMONIA"] * 2
    assert [place.subtype for place in places] == [None, "bacteria", None, "virus"]
    assert not any(place.rejected for place in places)


def test_mooney_reads_splits_and_classes_in_any_case() -> None:
    paths = ["Train/Normal/a.png", "TRAIN/pneumonia/b.png", "Validation/normal/c.png"]
    places = [layout_of(paths).place(path) for path in paths]
    assert [(place.given_split, place.label) for place in places] == [
        ("train", "NORMAL"),
        ("train", "PNEUMONIA"),
        ("val", "NORMAL"),
    ]


@pytest.mark.parametrize(
    "outer", ["chest_xray/", "", "archive/chest_xray/"], ids=["above", "within", "two above"]
)
def test_the_second_copy_in_kaggles_zip_is_a_nested_copy(outer: str) -> None:
    first = [path.replace("chest_xray/", outer) for path in MOONEY]
    second = [path.replace("chest_xray/", f"{outer}chest_xray/") for path in MOONEY]
    layout = layout_of([*first, *second])
    assert layout.name == "mooney"
    assert [layout.place(path).rejected for path in first] == [None] * 4
    assert [layout.place(path).rejected for path in second] == ["nested_copy"] * 4


def test_a_nested_folder_alone_is_no_copy() -> None:
    nested = [f"chest_xray/{path}" for path in MOONEY]
    assert not any(layout_of(nested).place(path).rejected for path in nested)


def test_a_nested_film_that_has_no_twin_is_no_copy() -> None:
    more = "chest_xray/chest_xray/train/NORMAL/IM-0099-0001.jpeg"
    assert layout_of([*MOONEY, more]).place(more).rejected is None


@pytest.mark.parametrize("stray", ["cover.png", "chest_xray/cover.png", "chest_xray/doc/a.png"])
def test_a_picture_beside_the_split_folders_does_not_hide_mooneys_layout(stray: str) -> None:
    layout = layout_of([stray, *MOONEY])
    assert layout.name == "mooney"
    assert layout.place(stray).label is None
    assert [layout.place(path).label for path in MOONEY] == ["NORMAL", "PNEUMONIA"] * 2


def test_a_third_class_in_the_split_folders_is_not_mooneys() -> None:
    covid = "chest_xray/train/COVID19/a.jpg"
    assert layout_of([*MOONEY, covid]).name == "class_folders"
    assert labels([*MOONEY, covid])[covid] == "COVID19"


@pytest.mark.parametrize("outer", ["", "data/", "a/b/"])
@pytest.mark.parametrize("split", ["", "train/", "val/"])
def test_class_folders_are_known_with_and_without_outer_folder_and_split(
    outer: str, split: str
) -> None:
    paths = [f"{outer}{split}{name}/1.png" for name in ("Covid", "Normal", "Viral Pneumonia")]
    layout = layout_of(paths)
    assert layout.name == "class_folders"
    assert list(labels(paths).values()) == ["COVID", "NORMAL", "VIRAL PNEUMONIA"]
    assert {layout.place(path).given_split for path in paths} == {split.strip("/") or None}


def test_a_picture_at_the_root_is_no_class_and_hides_none() -> None:
    paths = ["cover.png", "set/Covid/1.png", "set/Normal/1.png"]
    assert labels(paths) == dict(zip(paths, [None, "COVID", "NORMAL"], strict=True))


def test_class_folders_read_patients_from_kermanys_names() -> None:
    paths = ["NORMAL/IM-0001-0001.jpeg", "PNEUMONIA/person1_virus_1.jpeg", "PNEUMONIA/x.jpeg"]
    places = [layout_of(paths).place(path) for path in paths]
    assert [place.patient_id for place in places] == ["IM:1", "virus:1", None]


def test_files_may_lie_deeper_than_the_class_folder() -> None:
    paths = ["a/Covid/images/1.png", "a/Covid/more/x/2.png", "a/Normal/images/1.png"]
    assert list(labels(paths).values()) == ["COVID", "COVID", "NORMAL"]


@pytest.mark.parametrize("folder", ["masks", "Masks", "mask"])
def test_masks_are_not_films(folder: str) -> None:
    films = [f"set/{name}/images/{name}-1.png" for name in ("COVID", "Normal")]
    masks = [film.replace("images", folder) for film in films]
    layout = layout_of([*films, *masks])
    assert [layout.place(path).rejected for path in [*films, *masks]] == [None, None, *["mask"] * 2]
    assert layout.place(masks[0]).label == "COVID"


def test_a_mask_folder_beside_the_classes_is_no_class() -> None:
    paths = ["set/COVID/1.png", "set/Normal/1.png", "set/masks/1.png"]
    assert labels(paths)["set/masks/1.png"] is None
    assert layout_of(paths).place("set/masks/1.png").rejected == "mask"


@pytest.mark.parametrize(
    "paths",
    [
        [],
        ["a.png", "b.png"],
        ["all/a.png", "all/b.png"],
        ["NORMAL/a.png", "NORMAL/b.png"],
        ["chest_xray/train/NORMAL/a.jpeg", "chest_xray/test/NORMAL/b.jpeg"],
        ["set/COVID/images/1.png", "set/COVID/masks/1.png"],
        ["images/1.png", "masks/1.png"],
        ["train/a.png", "test/b.png"],
    ],
    ids=[
        "nothing", "flat", "one folder", "one class", "one class in splits",
        "one class with masks", "inside one class", "splits without classes",
    ],
)  # fmt: skip
def test_fewer_than_two_classes_are_no_layout(paths: list[str]) -> None:
    assert detect_layout(paths, "auto") is None


def test_a_layout_asked_for_is_the_only_one_tried() -> None:
    assert layout_of(MOONEY, "class_folders").name == "class_folders"
    assert detect_layout(["Covid/a.png", "Normal/b.png"], "mooney") is None


FOLDER = st.sampled_from(
    ["train", "Test", "NORMAL", "Pneumonia", "a b", "chest_xray", "masks", ".x"]
)


@given(st.lists(st.lists(FOLDER, max_size=5), min_size=1, max_size=12))
def test_any_tree_is_placed_without_a_crash_and_classes_are_folder_names(
    trees: list[list[str]],
) -> None:
    paths = ["/".join([*folders, f"{number}.png"]) for number, folders in enumerate(trees)]
    for kind in (Mooney, ClassFolders):
        layout = kind(paths)
        layout.recognises(paths)
        for path in paths:
            place = layout.place(path)
            folders = {canonical_label(part) for part in PurePosixPath(path).parts[:-1]}
            assert place.label is None or place.label in folders
            assert place.given_split in (None, "train", "val", "test")


@pytest.mark.parametrize(
    ("folder", "label"),
    [
        ("Viral Pneumonia", "VIRAL PNEUMONIA"),
        ("Viral_Pneumonia", "VIRAL PNEUMONIA"),
        (" viral  PNEUMONIA ", "VIRAL PNEUMONIA"),
        ("Covid", "COVID"),
        ("COVID-19", "COVID-19"),
    ],
)
def test_class_names_have_one_form(folder: str, label: str) -> None:
    assert canonical_label(folder) == label
    assert canonical_label(label) == label


@pytest.mark.parametrize(
    "path",
    [
        ".DS_Store",
        "chest_xray/.DS_Store",
        "__MACOSX/chest_xray/train/NORMAL/._IM-0001-0001.jpeg",
        "a/.ipynb_checkpoints/x.jpeg",
        "a/Thumbs.db",
        "desktop.ini",
    ],
)
def test_files_of_the_operating_system_are_junk(path: str) -> None:
    assert is_junk(path)


@pytest.mark.parametrize("path", ["a.jpeg", "MACOSX/a.jpeg", "a/b.c/d.png"])
def test_films_are_no_junk(path: str) -> None:
    assert not is_junk(path)


def test_images_are_known_by_suffix_in_any_case() -> None:
    assert all(map(is_image, ["a.JPG", "b.Jpeg", "c.png", "d.TIF", "e.tiff", "f.bmp", "g.webp"]))
    assert not any(map(is_image, ["a.txt", "jpeg", "b.xlsx", "c.png.zip", ".png/x"]))
