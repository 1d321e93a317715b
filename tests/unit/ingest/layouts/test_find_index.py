"""An index lies above all films, or it is refused by its name; nothing is ignored in silence."""

import pytest

from tasks.core.errors import SourceError
from tasks.ingest.layouts import detect_layout, unread_tables
from tasks.ingest.layouts.find_index import find_index
from tasks.ingest.layouts.path_facts import PathFacts


@pytest.mark.parametrize(
    "beside",
    [
        [],
        ["__MACOSX/set/._index.csv", "__MACOSX/set/films/._a.png", ".DS_Store", "set/.DS_Store"],
        ["README.md", "set/licence.txt"],
    ],
    ids=["nothing", "junk of macOS", "documents"],
)
@pytest.mark.parametrize("folder", ["", "set/", "outer/set/"])
def test_an_index_is_found_below_outer_folders_and_paths_are_relative_to_it(
    folder: str, beside: list[str]
) -> None:
    index = f"{folder}index.csv"
    data = {index: b"path,label\nfilms/a.png,x\nfilms/b.png,y\n"}
    paths = [index, f"{folder}films/a.png", f"{folder}films/b.png", *beside]
    layout = detect_layout(paths, "auto", data.__getitem__)
    assert layout is not None
    assert layout.name == "index"
    assert layout.path_facts(f"{folder}films/b.png") == PathFacts("Y")
    assert layout.path_facts("films/b.png").label == (None if folder else "Y")
    assert unread_tables(paths, layout) == []


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["index.csv", "index.parquet"], r"one index\n  found: index.csv, index.parquet"),
        (["index.csv", "old/index.csv", "a.png"], "one index\n  found: index.csv, old/index.csv"),
        (["x/index.csv", "y/index.tsv", "a.png"], "one index\n  found: x/index.csv, y/index.tsv"),
        (["sub/index.csv", "sub/1.png", "b/1.png"], "(?s)above all films.*sub/index.csv.*b/1.png"),
        (["set/Index.xlsx", "set/a.png"], "(?s)CSV file.*Excel.*set/Index.xlsx.*index.csv"),
        (["index.ods", "a.png"], "(?s)CSV file.*index.ods"),
    ],
)
def test_an_index_elsewhere_and_a_second_one_are_refused_by_name(
    paths: list[str], message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        detect_layout(paths, "auto", {}.__getitem__)


def test_an_index_that_is_not_read_can_be_overruled_by_a_layout() -> None:
    paths = ["sub/index.csv", "a/1.png", "b/1.png"]
    layout = detect_layout(paths, "class_folders", {}.__getitem__)
    assert layout is not None
    assert layout.name == "class_folders"
    assert unread_tables(paths, layout) == ["sub/index.csv"]


def test_a_workbook_beside_a_readable_index_is_not_read() -> None:
    paths = ["index.csv", "index.xlsx", "a.png"]
    assert find_index(paths) == "index.csv"


def test_unread_tables_are_tables_by_their_name() -> None:
    tables = [
        "BBox_List_2017.csv", "a.parquet", "labels.TSV", "meta.xlsx", "p.csv.gz", "test_list.txt",
    ]  # fmt: skip
    others = ["README.txt", "SYNTHETIC.txt", "._a.csv", "__MACOSX/b.csv", "a.png", "csv"]
    assert unread_tables([*others, *tables], None) == tables
