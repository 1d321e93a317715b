"""Layout `mooney`: class, split, subtype and patient from the paths of Kermany's films."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.ingest.layouts.mooney import Mooney, parse_kermany_name

NUMBERS = st.integers(0, 99_999)
FOUR = st.integers(0, 9999)
MOONEY = [
    "chest_xray/train/NORMAL/IM-0001-0001.jpeg",
    "chest_xray/train/PNEUMONIA/person1_bacteria_1.jpeg",
    "chest_xray/test/NORMAL/IM-0002-0001.jpeg",
    "chest_xray/test/PNEUMONIA/person2_virus_1.jpeg",
]


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


@pytest.mark.parametrize("suffix", ["jpeg", "JPG", "png", "tif", "dcm", "jfif", "ima", "1"])
def test_films_converted_to_another_format_keep_their_patients(suffix: str) -> None:
    assert parse_kermany_name(f"person7_virus_8.{suffix}") == ("virus", "virus:7")
    assert parse_kermany_name(f"IM-0007-0001.{suffix}") == (None, "IM:7")


@given(st.text(max_size=30))
def test_other_names_have_neither_subtype_nor_patient(name: str) -> None:
    families = ("person", "IM-", "NORMAL2-IM-", "NORMAL-", "BACTERIA-", "VIRUS-")
    assume(not name.startswith(families))
    assert parse_kermany_name(name) == (None, None)


@pytest.mark.parametrize(
    "name",
    [
        "person1_fungus_1.jpeg",
        "person_bacteria_1.jpeg",
        "person1_bacteria.jpeg",
        "person1_bacteria_1.gif.zip",
        "copy of person1_bacteria_1.jpeg",
        "person1_bacteria_1.jpeg.tmp",
        "person\u0661_bacteria_1.jpeg",  # an Arabic digit one
        f"person{'1' * 5000}_bacteria_1.jpeg",  # longer than Python's limit for int
        "IM-001-0001.jpeg",
        "IM-00001-0001.jpeg",
        "NORMAL3-IM-0001-0001.jpeg",
        "person1_bacteria_1.jpeg\n",
    ],
)
def test_a_name_with_a_small_error_tells_nothing(name: str) -> None:
    assert parse_kermany_name(name) == (None, None)


@pytest.mark.parametrize(
    ("name", "subtype", "patient"),
    [
        ("person1_bacteria_1.jpeg", "bacteria", "bacteria:1"),
        ("person1637_virus_2834.jpeg", "virus", "virus:1637"),
        ("person447_virus_921_1.jpeg", "virus", "virus:447"),
        ("person447_virus_921.jpeg", "virus", "virus:447"),
        ("IM-0115-0001.jpeg", None, "IM:115"),
        ("IM-0439-0001-0002.jpeg", None, "IM:439"),
        ("NORMAL2-IM-0095-0001.jpeg", None, "NORMAL2-IM:95"),
        ("NORMAL2-IM-0651-0004.jpeg", None, "NORMAL2-IM:651"),
        ("NORMAL2-IM-1154-0001-0003.jpeg", None, "NORMAL2-IM:1154"),
    ],
)
def test_every_form_of_name_in_the_set_is_read(
    name: str, subtype: str | None, patient: str
) -> None:
    assert parse_kermany_name(name) == (subtype, patient)


def test_one_number_in_four_families_is_four_patients() -> None:
    names = [
        "person78_bacteria_378.jpeg",
        "person78_virus_140.jpeg",
        "IM-0078-0001.jpeg",
        "NORMAL2-IM-0078-0001.jpeg",
    ]
    assert len({parse_kermany_name(name)[1] for name in names}) == 4


@pytest.mark.parametrize("outer", ["", "chest_xray/", "archive/chest_xray/", "set v2/"])
def test_the_layout_is_recognised_below_any_outer_folder(outer: str) -> None:
    paths = [path.replace("chest_xray/", outer) for path in MOONEY]
    layout = Mooney(paths)
    assert layout.recognises(paths)
    all_facts = [layout.path_facts(path) for path in paths]
    assert [facts.given_split for facts in all_facts] == ["train", "train", "test", "test"]
    assert [facts.label for facts in all_facts] == ["NORMAL", "PNEUMONIA"] * 2
    assert [facts.subtype for facts in all_facts] == [None, "bacteria", None, "virus"]
    assert not any(facts.rejected for facts in all_facts)


def test_splits_and_classes_are_read_in_any_case() -> None:
    paths = ["Train/Normal/a.png", "TRAIN/pneumonia/b.png", "Validation/normal/c.png"]
    all_facts = [Mooney(paths).path_facts(path) for path in paths]
    assert Mooney(paths).recognises(paths)
    assert [(facts.given_split, facts.label) for facts in all_facts] == [
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
    layout = Mooney([*first, *second])
    assert layout.recognises([*first, *second])
    assert [layout.path_facts(path).rejected for path in first] == [None] * 4
    assert [layout.path_facts(path).rejected for path in second] == ["nested_copy"] * 4


def test_a_nested_folder_alone_is_not_a_copy() -> None:
    nested = [f"chest_xray/{path}" for path in MOONEY]
    assert not any(Mooney(nested).path_facts(path).rejected for path in nested)


def test_a_nested_film_without_an_original_is_not_a_copy() -> None:
    more = "chest_xray/chest_xray/train/NORMAL/IM-0099-0001.jpeg"
    assert Mooney([*MOONEY, more]).path_facts(more).rejected is None


@pytest.mark.parametrize("stray", ["cover.png", "chest_xray/cover.png", "chest_xray/doc/a.png"])
def test_a_picture_beside_the_split_folders_does_not_hide_the_layout(stray: str) -> None:
    layout = Mooney([stray, *MOONEY])
    assert layout.recognises([stray, *MOONEY])
    assert layout.path_facts(stray).label is None


@pytest.mark.parametrize("other", ["chest_xray/train/COVID19/a.jpg", "chest_xray/train/a.jpg"])
def test_a_split_folder_with_other_classes_is_not_this_layout(other: str) -> None:
    assert not Mooney([*MOONEY, other]).recognises([*MOONEY, other])
