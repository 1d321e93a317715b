"""Which level of folders is the class, the split, the site: read rightly, or refused by name."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import SourceError
from tasks.ingest.layouts.class_folders import ClassFolders
from tasks.ingest.layouts.path_facts import PathFacts
from tests.unit.ingest.layouts.listing import layout_of


def films(*levels: str) -> list[str]:
    """One film for each combination of names: "A B" and "NORMAL COVID" give four."""
    return ["/".join([*names, "1.png"]) for names in product(*(level.split() for level in levels))]


def read(paths: list[str], negative_class: str = "NORMAL") -> list[PathFacts]:
    layout = ClassFolders(paths, negative_class)
    assert layout.recognises(paths)
    return [layout.path_facts(path) for path in paths]


BINARY = "NORMAL PNEUMONIA"


@pytest.mark.parametrize(
    ("paths", "level"),
    [
        (films("images_001 images_002", BINARY), 1),
        (films("1 2", BINARY), 1),
        (films(BINARY, "batch1 batch2"), 0),
        (films("HospA HospB", BINARY), 1),
        (films("covid_hospital general", "NORMAL COVID"), 1),
        (films("train test", "HospA HospB", BINARY), 2),
        (films("HospA HospB", "train test", BINARY), 2),
        (films("train_images test_images", "Covid Odd"), 1),
        (films(BINARY, "1_train 2_val"), 0),
        (films(BINARY, "AP PA"), 0),
        (films(BINARY, "male female"), 0),
        (films("Covid Odd", "images"), 0),
        (films("patient1 patient2", BINARY), 1),
        (films("shoulder chest", "normal abnormal"), 1),
        (films("PNEUMONIA", "BACTERIA VIRUS"), 1),
        (films("north south", "ill well"), 1),
        (films("grade0 grade1"), 0),
        (films("my_test", "train val", "ill well"), 2),
    ],
)
def test_the_class_is_read_from_its_level(paths: list[str], level: int) -> None:
    expected = [path.split("/")[level].upper() for path in paths]
    assert [facts.label for facts in read(paths)] == expected


@pytest.mark.parametrize(
    ("paths", "splits"),
    [
        (films("train_images test_images", "a b"), ["train", "test"]),
        (films("1_train 2_val 3_test", "a b"), ["train", "val", "test"]),
        (films("training_set devset Hold-Out", "a b"), ["train", "val", "test"]),
        (films("HospA HospB", "Train eval", "a b"), ["train", "test"]),
        (films("a b", "train test"), ["train", "test"]),
    ],
)
def test_a_level_of_split_names_is_the_split(paths: list[str], splits: list[str]) -> None:
    given_splits = [facts.given_split for facts in read(paths, "A")]
    assert list(dict.fromkeys(given_splits)) == splits


def test_levels_above_the_class_are_the_site() -> None:
    paths = films("odense aarhus", "train test", BINARY)
    assert [facts.site for facts in read(paths)] == ["ODENSE"] * 4 + ["AARHUS"] * 4
    assert {facts.site for facts in read(films("images_001 images_002", BINARY))} == {None}
    assert {facts.site for facts in read(films("one_hospital", BINARY))} == {None}
    assert layout_of(films("A B", "train test", BINARY)).name == "class_folders"  # mooney has none


def test_folders_of_patients_are_patients_above_and_below_the_class() -> None:
    below = ["NORMAL/patient1/a.png", "NORMAL/patient1/b.png", "PNEUMONIA/Patient_2/c.png"]
    assert [facts.patient_id for facts in read(below)] == ["PATIENT1", "PATIENT1", "PATIENT 2"]
    above = ["p10/p1007/s5/NORMAL/a.png", "p10/p1008/s6/PNEUMONIA/a.png"]
    assert [facts.patient_id for facts in read(above)] == ["P1007", "P1008"]
    numbers = ["NORMAL/001/a.png", "PNEUMONIA/002/a.png", "PNEUMONIA/001/a.png"]
    assert [facts.patient_id for facts in read(numbers)] == ["001", "002", "001"]
    assert {facts.patient_id for facts in read(films(BINARY, "299"))} == {None}  # a size


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (films("images_001 images_002"), "no classes.*found: images_001, images_002"),
        (films("patient00001 patient00002"), "patients.*found: patient00001, patient00002"),
        (films("0 1"), "plain numbers.*found: 0, 1;"),
        (films("train test", "0 1"), "found: 0, 1"),
        (films("p10 p11", "p1001 p1102"), "found: p10, p1001, p11, p1102"),
        ([*films(BINARY), "patient001/1.png"], "found: patient001; .*NORMAL, PNEUMONIA"),
        ([*films(BINARY), "images_001/1.png"], "found: images_001;"),
        (films("A001 A002 A003"), "numbered folders.*3 folders.*A001, A002, A003"),
        (films(" ".join(f"name{'x' * i}" for i in range(41))), "41 folders at the level"),
        ([*films("train test", "a b"), "other/a/1.png"], "splits: test, train; beside.*: other"),
        (films("Covid Covid_test Normal"), "two levels.*found: both in one name: Covid_test"),
        (films("train test", "a b", "train test"), "one level.*test, train; test, train"),
        ([*films("A", BINARY), "NORMAL/1.png"], "same depth.*NORMAL at level 2 of A/NORMAL"),
        ([*films("images", BINARY), "extra/1.png"], "same depth.*extra at another depth"),
        (films("NORMAL", "odense aarhus"), "two classes or more.*below NORMAL, in aarhus, odense"),
        (films(BINARY)[:1] + films("NORMAL", "AP PA"), "found: AP, PA; .*NORMAL"),
        ([*films("A", "ill well"), "B/ill/1.png", "B/odd/1.png"], "ILL, ODD, WELL below.*A, B"),
    ],
)
def test_a_tree_that_cannot_be_read_is_refused_with_what_was_found(
    paths: list[str], message: str
) -> None:
    with pytest.raises(SourceError, match=f"(?s){message}.*next:  .*index.csv"):
        layout_of(paths, "class_folders")


def test_the_negative_class_tells_the_level_and_allows_numbers() -> None:
    assert [facts.label for facts in read(films("0 1"), "0")] == ["0", "1"]
    assert [facts.label for facts in read(films("ill well", "left right"), "WELL")] == [
        "ILL", "ILL", "WELL", "WELL",
    ]  # fmt: skip
    assert [facts.label for facts in read(films("A0 A1"), "A0")] == ["A0", "A1"]


def test_a_folder_of_films_without_a_label_is_no_class() -> None:
    facts = read(films("train", BINARY) + films("test", "unlabelled"))
    assert [(fact.label, fact.given_split) for fact in facts] == [
        ("NORMAL", "train"), ("PNEUMONIA", "train"), (None, "test"),
    ]  # fmt: skip


def test_lateral_views_are_told_by_a_folder_or_a_file_name() -> None:
    paths = films("frontal lateral", BINARY)
    paths += ["frontal/NORMAL/2_lateral.png", "frontal/NORMAL/bilateral.png"]
    rejected = [facts.rejected for facts in read(paths)]
    assert rejected == [None, None, "not_frontal", "not_frontal", "not_frontal", None]


def test_splits_in_other_languages_are_splits() -> None:
    assert {facts.given_split for facts in read(films("entrenamiento prueba", BINARY))} == {
        "train", "test",
    }  # fmt: skip
    assert {facts.given_split for facts in read(films("训练集 测试", BINARY))} == {"train", "test"}


def test_one_class_in_composed_and_in_combining_letters_is_one() -> None:
    paths = films("train test", "NORMAL Neumon\u00eda") + films("val", "Neumoni\u0301a\u200b")
    assert {facts.label for facts in read(paths)} == {"NORMAL", "NEUMON\u00cdA"}


def test_masks_are_no_level() -> None:
    paths = [*films("Covid Normal", "images lung_masks"), "masks/Covid/1.png"]
    facts = read(paths)
    assert [fact.rejected for fact in facts] == [None, "mask", None, "mask", "mask"]
    assert [fact.label for fact in facts] == ["COVID", "COVID", "NORMAL", "NORMAL", "COVID"]


def test_a_source_of_masks_alone_is_refused() -> None:
    with pytest.raises(SourceError, match=r"masks.*\n  found: 2 such files and no other picture"):
        layout_of(films("lung_masks", BINARY))


NAMES = st.sampled_from(
    ["train", "test_images", "NORMAL", "Pneumonia", "COVID-19", "ill", "HospA", "HospB", "images",
     "AP", "images_001", "patient001", "p2", "0", "1", "lung masks", "A1", "A2", "_", ".",
     "normal_test"]
)  # fmt: skip


@given(
    st.lists(st.tuples(st.lists(NAMES, max_size=4), st.sampled_from(["1.png", "x"])), max_size=12),
    st.sampled_from(["", "NORMAL", "0", "ILL"]),
    st.randoms(),
)
def test_any_tree_is_read_or_refused_whatever_the_order_of_the_paths(
    trees: list[tuple[list[str], str]], negative_class: str, random: object
) -> None:
    paths = ["/".join([*folders, name]) for folders, name in trees]
    mixed = list(paths)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert outcome(paths, paths, negative_class) == outcome(mixed, paths, negative_class)


def outcome(listed: list[str], asked: list[str], negative_class: str) -> object:
    """What a layout says of the asked paths, or its error."""
    layout = ClassFolders(listed, negative_class)
    try:
        found = layout.recognises(listed)
    except SourceError as error:
        return str(error)
    return found, [layout.path_facts(path) for path in asked]
