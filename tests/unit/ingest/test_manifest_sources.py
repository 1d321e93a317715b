"""Sources of the manifest: folder and zip, refused sources, synthetic sources."""

from pathlib import Path

import pandas as pd
import pytest

from tasks.core.errors import SourceError
from tasks.core.source.synthetic import MARKER_NAME
from tasks.core.tables import MANIFEST_SCHEMA, write_table
from tasks.ingest.manifest import build_manifest
from tests.films import (
    Files,
    ingest_params,
    jpeg,
    mooney_files,
    on_workers,
    only_row,
    png,
    tree_hash,
    write_tree,
    write_zip,
)

GOOD: Files = {
    "NORMAL/IM-0001-0001.jpeg": jpeg(1),
    "PNEUMONIA/person1_virus_7.jpeg": jpeg(2),
}


def awkward() -> Files:
    return {
        **mooney_files(12),
        "chest_xray/train/NORMAL/zero.jpeg": b"",
        "chest_xray/train/NORMAL/cut.jpeg": jpeg(5)[:1500],
        "chest_xray/train/NORMAL/ä b.png": png(6),
        "chest_xray/.DS_Store": b"x",
        "README.md": b"# films",
    }


def parquet(tmp_path: Path, manifest: pd.DataFrame) -> bytes:
    write_table(manifest, MANIFEST_SCHEMA, tmp_path / "manifest.parquet")
    return (tmp_path / "manifest.parquet").read_bytes()


def test_workers_and_a_zip_instead_of_a_folder_change_no_byte(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", dict(reversed(awkward().items())))
    archive = write_zip(tmp_path / "films.zip", awkward())
    runs = [(root, 1), (root, 2), (root, 3), (archive, 1), (archive, 2)]
    tables = {
        parquet(tmp_path, build_manifest(ingest_params(source), compute=on_workers(workers)))
        for source, workers in runs
    }
    assert len(tables) == 1


def test_every_file_has_a_row_and_rows_are_sorted_by_path(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", awkward())
    before = tree_hash(root)
    manifest = build_manifest(ingest_params(root))
    assert manifest["path"].tolist() == sorted(awkward())
    assert manifest["image_id"].notna().all()
    assert set(manifest["status"]) == {"ok", "rejected"}
    assert (manifest["reason"].isna() == (manifest["status"] == "ok")).all()
    assert tree_hash(root) == before


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, "no file at all"),
        ({"a.txt": b"x"}, "0 images among 1 files"),
        ({"a.png": png(1), "b.png": png(2)}, "2 images among 2 files, for instance a.png"),
        ({"NORMAL/a.png": png(1), "NORMAL/b.png": png(2)}, "2 images among 2 files"),
        ({"train/NORMAL/a.png": png(1), "test/NORMAL/b.png": png(2)}, "2 images"),
        (
            {"NORMAL/a.png": b"", "PNEUMONIA/b.png": b"", "c.md": b""},
            "2 unreadable (no picture: an empty file); 1 not_an_image",
        ),
    ],
    ids=["empty", "no image", "flat", "one class", "one class in splits", "nothing usable"],
)
def test_a_source_without_two_classes_of_films_is_refused(
    tmp_path: Path, files: Files, found: str
) -> None:
    root = write_tree(tmp_path / "films", files)
    with pytest.raises(SourceError) as caught:
        build_manifest(ingest_params(root), compute=on_workers(1))
    assert found in caught.value.found
    assert str(root) in caught.value.where


def test_the_error_names_a_wanted_layout_that_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"ingest\.layout: mooney"):
        build_manifest(ingest_params(write_tree(tmp_path, GOOD), layout="mooney"))


def test_a_marker_file_in_the_source_makes_every_row_synthetic(tmp_path: Path) -> None:
    marker = f"chest/{MARKER_NAME}"
    files = {**{f"chest/{path}": data for path, data in GOOD.items()}, marker: b"drawn"}
    root = write_tree(tmp_path / "films", files)
    for source in (root, write_zip(tmp_path / "films.zip", files)):
        manifest = build_manifest(ingest_params(source), compute=on_workers(1))
        assert manifest["is_synthetic"].tolist() == [True] * 3
        assert only_row(manifest, marker)["reason"] == "not_an_image"
        assert (manifest["status"] == "ok").sum() == 2


def test_a_path_that_looks_like_the_phantom_does_not_make_films_synthetic(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "data/phantom/kaggle", GOOD)
    manifest = build_manifest(ingest_params(root), compute=on_workers(1))
    assert manifest["is_synthetic"].tolist() == [False, False]
