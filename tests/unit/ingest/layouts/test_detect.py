"""The choice of a layout: the order of readers, a wanted layout, trees without a layout."""

import time
from contextlib import suppress
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import SourceError
from tasks.core.examination.file_names import folders_of
from tasks.core.params import IngestParams
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts import FOLDER_LAYOUTS, LAYOUTS, detect_layout
from tests.unit.ingest.layouts.listing import layout_of, nothing_to_read

# One tree for each layout
TREES = {
    "dincer": ["train/NORMAL/NORMAL-1-0001.jpeg", "train/PNEUMONIA/VIRUS-1-0001.jpeg"],
    "mooney": ["train/NORMAL/IM-0001-0001.jpeg", "train/PNEUMONIA/person1_virus_1.jpeg"],
    "radiography": ["COVID/COVID-1.png", "Normal/Normal-1.png"],
    "covid_qu_ex": [f"Train/{name}/images/1.png" for name in ("COVID-19", "Non-COVID", "Normal")],
    "covid19": [f"train/{name}/01.jpeg" for name in ("Covid", "Normal", "Viral Pneumonia")],
    "class_folders": ["ill/1.png", "well/1.png"],
}
# Trees that two layouts recognise; the reader that knows more about a film comes first
BOTH = {
    ("dincer", "mooney"): TREES["dincer"],
    ("mooney", "class_folders"): TREES["mooney"],
    ("radiography", "covid19"): [
        f"train/{name}/{name}-1.png" for name in ("COVID", "Normal", "Viral Pneumonia")
    ],
    ("covid19", "class_folders"): TREES["covid19"],
    ("covid_qu_ex", "class_folders"): TREES["covid_qu_ex"],
}


def test_the_order_is_the_documented_one() -> None:
    assert LAYOUTS == (
        "table", "index", "nih", "chexpert", "rsna", "covidx", "vindr", "padchest", "coronahack",
        "dincer", "mooney", "radiography", "covid_qu_ex", "covid19", "class_folders",
    )  # fmt: skip


def test_params_know_the_same_layouts() -> None:
    kind = IngestParams.model_fields["layout"].annotation
    assert set(get_args(kind)) == {"auto", *LAYOUTS}


@pytest.mark.parametrize("name", TREES)
def test_each_layout_is_detected_and_can_be_chosen(name: str) -> None:
    assert layout_of(TREES[name]).name == name
    assert layout_of(TREES[name], name).name == name


@pytest.mark.parametrize(("first", "second"), BOTH)
def test_the_layout_that_knows_more_is_preferred(first: str, second: str) -> None:
    paths = BOTH[first, second]
    assert layout_of(paths).name == first
    assert layout_of(paths, second).name == second


@pytest.mark.parametrize("tree", TREES)
def test_an_index_is_preferred_to_every_folder_layout(tree: str) -> None:
    index = f"path,label\n{TREES[tree][0]},odd\n".encode()
    paths = ["index.csv", *TREES[tree]]
    layout = detect_layout(paths, "auto", lambda path: {"index.csv": index}[path])
    assert layout is not None
    assert layout.name == "index"
    assert [layout.path_facts(path).label for path in paths] == [
        None, "ODD", *[None] * (len(paths) - 2)
    ]  # fmt: skip
    assert layout_of(paths, tree).name == tree  # a wanted layout: the index is not read


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
def test_a_wanted_layout_that_does_not_fit_gives_none(wanted: str, tree: str) -> None:
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
def test_a_tree_with_fewer_than_two_classes_has_no_layout(paths: list[str]) -> None:
    assert detect_layout(paths, "auto", nothing_to_read) is None


def test_other_files_beside_the_films_do_not_hide_a_layout() -> None:
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
def test_any_tree_is_read_and_a_class_is_the_name_of_a_folder(
    trees: list[tuple[list[str], str]],
) -> None:
    paths = ["/".join([*folders, name]) for folders, name in trees]
    for kind in FOLDER_LAYOUTS:
        layout = kind(paths)
        with suppress(SourceError):
            layout.recognises(paths)
        for path in paths:
            facts = layout.path_facts(path)
            assert facts.label is None or facts.label in map(canonical_label, folders_of(path))
            assert facts.given_split in (None, "train", "val", "test")


@given(st.lists(st.text(max_size=30), max_size=8), st.sampled_from(["auto", *LAYOUTS]))
def test_any_text_as_a_path_gives_a_layout_none_or_a_clear_error(
    paths: list[str], wanted: str
) -> None:
    try:
        layout = detect_layout(paths, wanted, lambda _: b"\xff")
    except SourceError:
        return
    for path in paths if layout else ():
        assert layout.path_facts(path).given_split in (None, "train", "val", "test")


@pytest.mark.slow
@pytest.mark.parametrize("name", TREES)
def test_a_hundred_thousand_paths_are_read_within_seconds_of_cpu_time(name: str) -> None:
    paths = [
        path.replace("1.", f"{number:04d}.") for number in range(50_000) for path in TREES[name][:3]
    ][:100_000]
    start_s = time.process_time()
    layout = detect_layout(paths, "auto", nothing_to_read)
    assert layout is not None
    for path in paths:
        layout.path_facts(path)
    assert time.process_time() - start_s < 5
