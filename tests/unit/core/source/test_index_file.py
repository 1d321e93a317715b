"""An index file is refused as a source; the message names the folder to write instead."""

from pathlib import Path

import pytest

from tasks.core.errors import SourceError
from tasks.core.source.source import open_source
from tests.films import write_tree


def refusal(location: str) -> SourceError:
    with pytest.raises(SourceError, match="must be the folder") as caught, open_source(location):
        pass
    assert caught.value.where == location
    return caught.value


@pytest.mark.parametrize("name", ["index.csv", "index.parquet", "Index.CSV"])
def test_the_folder_of_an_index_is_named(tmp_path: Path, name: str) -> None:
    folder = write_tree(tmp_path / "films", {name: b"path,label\n", "NORMAL/a.jpeg": b"1"})
    step = refusal(f"{folder}/{name}").next_step
    assert step.startswith(f"write `ingest.source: {folder}`; the index")
    with open_source(f"{folder}") as source:
        assert source.paths() == sorted([name, "NORMAL/a.jpeg"])


def test_an_index_of_another_name_must_be_renamed(tmp_path: Path) -> None:
    write_tree(tmp_path, {"labels.parquet": b""})
    step = refusal(f"{tmp_path}/labels.parquet").next_step
    assert step.startswith("rename it to index.parquet ")
    assert step.endswith(f"write `ingest.source: {tmp_path}`")


@pytest.mark.parametrize(
    ("name", "step"),
    [("labels.xlsx", "save the sheet as index.csv"), ("train.txt", "`file: train.txt`")],
)
def test_a_workbook_and_a_list_are_no_source(tmp_path: Path, name: str, step: str) -> None:
    write_tree(tmp_path, {name: b"PK\x03\x04"})
    assert step in refusal(f"{tmp_path}/{name}").next_step


def test_an_index_beside_our_outputs_must_move_to_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {"index.csv": b""})
    monkeypatch.chdir(tmp_path)
    assert "a folder of their own, such as data/raw" in refusal("index.csv").next_step


def test_a_missing_index_file_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="must exist"), open_source(f"{tmp_path}/index.csv"):
        pass
