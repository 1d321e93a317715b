"""Which layout is chosen: the order, a layout asked for, trees of no layout."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import SourceError
from tasks.ingest.layouts import FOLDER_LAYOUTS, LAYOUTS, detect_layout
from tasks.ingest.layouts.place import canonical_label, folders_of
from tests.unit.ingest.layouts.listing import layout_of, nothing_to_read

# One tree for each layout
TREES = {
    "dincer": ["train/NORMAL/NORMAL-1-0001.jpeg", "train/PNEUMONIA/VIRUS-1-0001.jpeg"],
    "mooney": ["train/NORMAL/IM-0001-0001.jpeg", "train/PNEUMONIA/person1_virus_1.jpeg"],
    "radiography": ["COVID/COVID-1.png", "Normal/Normal-1.png"],
    "covid19": [f"train/{name}/01.jpeg" for name in ("Covid", "Normal", "Viral Pneumonia")],
    "class_folders": ["ill/1.png", "well/1.png"],
}
# Trees that two layouts recognise: the one that says more of a film goes first
BOTH = {
    ("dincer", "mooney"): TREES["dincer"],
    ("mooney", "class_folders"): TREES["mooney"],
    ("radiography", "covid19"): [
        f"train/{name}/{name}-1.png" for name in ("COVID", "Normal", "Viral Pneumonia")
    ],
    ("covid19", "class_folders"): TREES["covid19"],
}


def test_the_order_is_the_written_one() -> None:
    assert LAYOUTS == ("index", "dincer", "mooney", "radiography", "covid19", "class_folders")


@pytest.mark.parametrize("name", TREES)
def test_each_layout_is_detected_and_may_be_asked_for(name: str) -> None:
    assert layout_of(TREES[name]).name == name
    assert layout_of(TREES[name], name).name == name


@pytest.mark.parametrize(("first", "second"), BOTH)
def test_the_layout_that_says_more_goes_first(first: str, second: str) -> None:
    paths = BOTH[first, second]
    assert layout_of(paths).name == first
    assert layout_of(paths, second).name == second


@pytest.mark.parametrize("tree", TREES)
def test_an_index_goes_before_every_folder(tree: str) -> None:
    index = f"path,label\n{TREES[tree][0]},odd\n".encode()
    paths = ["index.csv", *TREES[tree]]
    layout = detect_layout(paths, "auto", lambda path: {"index.csv": index}[path])
    assert layout is not None
    assert layout.name == "index"
    assert [layout.place(path).label for path in paths] == [
        None, "ODD", *[None] * (len(paths) - 2)
    ]  # fmt: skip
    assert layout_of(paths, tree).name == tree  # asked for, the index is not even read


@pytest.mark.parametrize(
    ("wanted", "tree"),
    [
        ("mooney", "radiography"),
        ("dincer", "mooney"),
        ("radiography", "mooney"),
        ("covid19", "mooney"),
        ("index", "mooney"),
    ],
)
def test_a_wrong_layout_asked_for_is_none(wanted: str, tree: str) -> None:
    assert detect_layout(TREES[tree], wanted, nothing_to_read) is None


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
        ["NORMAL/a.txt", "PNEUMONIA/b.txt"],
        ["NORMAL/a.png", "__MACOSX/b.png", ".ipynb_checkpoints/c.png"],
    ],
    ids=[
        "nothing", "flat", "one folder", "one class", "one class in splits",
        "one class with masks", "inside one class", "splits without classes", "no images", "junk",
    ],
)  # fmt: skip
def test_fewer_than_two_classes_are_no_layout(paths: list[str]) -> None:
    assert detect_layout(paths, "auto", nothing_to_read) is None


def test_junk_and_tables_beside_the_films_hide_no_layout() -> None:
    beside = [
        ".DS_Store", "__MACOSX/train/NORMAL/._IM-0001-0001.jpeg", "train/NORMAL/Thumbs.db",
        "train/.ipynb_checkpoints/x.jpeg", "train/NORMAL/notes.txt", "PROVENANCE.csv",
    ]  # fmt: skip
    assert layout_of([*beside, *TREES["mooney"]]).name == "mooney"


FOLDER = st.sampled_from(
    ["train", "Test", "NORMAL", "Pneumonia", "a b", "chest_xray", "masks", "images", "COVID",
     "Viral Pneumonia", ".x", "", "."]
)  # fmt: skip
NAME = st.sampled_from(
    ["1.png", "COVID-1.png", "NORMAL (1).png", "VIRUS-1-0001.jpeg", "IM-0001-0001.jpeg"]
)


@given(st.lists(st.tuples(st.lists(FOLDER, max_size=5), NAME), max_size=12))
def test_any_tree_is_placed_without_a_crash_and_classes_are_folder_names(
    trees: list[tuple[list[str], str]],
) -> None:
    paths = ["/".join([*folders, name]) for folders, name in trees]
    for kind in FOLDER_LAYOUTS:
        layout = kind(paths)
        layout.recognises(paths)
        for path in paths:
            place = layout.place(path)
            assert place.label is None or place.label in map(canonical_label, folders_of(path))
            assert place.given_split in (None, "train", "val", "test")


@given(st.lists(st.text(max_size=30), max_size=8), st.sampled_from(["auto", *LAYOUTS]))
def test_any_text_as_a_path_gives_a_layout_or_none_or_a_clear_error(
    paths: list[str], wanted: str
) -> None:
    try:
        layout = detect_layout(paths, wanted, lambda _: b"\xff")
    except SourceError:
        assert any("index" in path.lower() for path in paths)
    else:
        for path in paths:
            assert layout is None or layout.place(path).given_split in (
                None,
                "train",
                "val",
                "test",
            )


@pytest.mark.parametrize("name", TREES)
def test_a_hundred_thousand_films_are_placed_within_seconds(name: str) -> None:
    paths = [
        path.replace("1.", f"{number:04d}.") for number in range(50_000) for path in TREES[name][:3]
    ][:100_000]
    start_s = time.monotonic()
    layout = detect_layout(paths, "auto", nothing_to_read)
    assert layout is not None
    for path in paths:
        layout.place(path)
    assert time.monotonic() - start_s < 5
