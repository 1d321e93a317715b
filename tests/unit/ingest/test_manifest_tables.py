"""A source that a table describes: its rows in the manifest, and what the log says of it."""

from pathlib import Path

import pytest

from tasks.core.errors import SourceError
from tasks.ingest.manifest import build_manifest
from tests.films import ingest_params, on_workers, png, write_tree, write_zip

TABLE = b"film;finding;who\na.png;No Finding;7\nb.png;Pneumonia|Edema;8\nc.png;Edema;nan\n"
FILES = {
    "set/labels.csv": TABLE,
    "set/boxes.csv": b"x,y\n",
    **{f"set/films/{name}.png": png(i) for i, name in enumerate("abcd")},
}
STATED = {
    "file": "labels.csv",
    "path": "film",
    "label": "finding",
    "patient": "who",
    "classes": {"NORMAL": ["No Finding"], "PNEUMONIA": ["Pneumonia"]},
}


def test_a_stated_table_in_a_zip_gives_rows_and_reasons(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive = write_zip(tmp_path / "set.zip", FILES)
    with caplog.at_level("INFO"):
        manifest = build_manifest(ingest_params(archive, table=STATED), compute=on_workers(1))
    rows = manifest.set_index("path")
    films = rows.loc[[f"set/films/{name}.png" for name in "abcd"]].astype(object).fillna("")
    assert films["reason"].tolist() == ["", "", "no_class", "unknown_label"]
    assert films["label"].tolist() == ["NORMAL", "PNEUMONIA", "", ""]
    assert films["patient_id"].tolist() == ["7", "8", "", ""]
    assert set(rows["layout"]) == {"table"}
    assert "tables in the source that are not read: set/boxes.csv" in caplog.text
    assert "1 of 3 films have no class" in caplog.text


def test_the_index_of_a_zip_made_of_a_folder_is_read(tmp_path: Path) -> None:
    files = {
        **FILES,
        "set/index.csv": b"path,label\nfilms/a.png,x\nb,y\n",
        "__MACOSX/set/._index.csv": b"\0",
        ".DS_Store": b"\0",
    }
    archive = write_zip(tmp_path / "set.zip", files)
    manifest = build_manifest(ingest_params(archive), compute=on_workers(1))
    rows = manifest[manifest["status"] == "ok"]
    assert dict(zip(rows["path"], rows["label"], strict=True)) == {
        "set/films/a.png": "X",
        "set/films/b.png": "Y",
    }
    assert set(manifest["layout"]) == {"index"}


def test_a_source_without_a_layout_names_its_tables(tmp_path: Path) -> None:
    source = write_tree(tmp_path, FILES)
    with pytest.raises(SourceError, match=r"(?s)no layout knows: set/boxes.csv, set/labels.csv"):
        build_manifest(ingest_params(source), compute=on_workers(1))
