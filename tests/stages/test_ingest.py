"""The programs `tasks.ingest` and `tasks.ingest.check`, each in its own process."""

from pathlib import Path

import pytest

from tasks.core.image_store.store import ImageStore
from tasks.core.tables import MANIFEST_SCHEMA, read_table
from tests.films import jpeg, mooney_files, run_stage, tree_hash, workspace, write_tree, write_zip

ARTIFACTS = [
    "data/corrections.parquet",
    "data/manifest.parquet",
    "data/pairs.parquet",
    "data/thumbnails/ids.npy",
    "data/thumbnails/store.json",
]


def test_the_manifest_is_written_and_the_last_line_counts_films(tmp_path: Path) -> None:
    files = {**mooney_files(6), "chest_xray/train/NORMAL/cut.jpeg": jpeg(1)[:1500]}
    source = write_tree(tmp_path / "source", files)
    before = tree_hash(source)
    folder = workspace(tmp_path / "run", ingest={"source": "../source"})
    end = run_stage("ingest", folder)
    assert (end.returncode, end.stdout) == (0, "")
    assert end.stderr.splitlines()[-1] == (
        "[ingest] 13 files found: 12 usable films, 1 rejected (layout mooney); "
        "0 exact and 0 near duplicate pairs"
    )
    cause = end.stderr.splitlines()[-2]
    assert cause.startswith("[ingest] 1 truncated (")
    assert cause.endswith(
        "), such as chest_xray/train/NORMAL/cut.jpeg; next: download or copy these files again"
    )
    manifest = read_table(MANIFEST_SCHEMA, folder / "data/manifest.parquet")
    assert manifest["path"].tolist() == sorted(files)
    written = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    thumbnails = ImageStore(folder / "data/thumbnails")
    shards = [f"data/thumbnails/{shard.name}" for shard in thumbnails.shards]
    assert written == sorted([*ARTIFACTS, *shards, "params.yaml"])
    assert sorted(manifest.loc[manifest["status"] == "ok", "image_id"]) == thumbnails.ids
    assert tree_hash(source) == before


def test_a_zip_and_a_second_run_give_the_bytes_of_the_folder(tmp_path: Path) -> None:
    write_tree(tmp_path / "source", mooney_files(6))
    write_zip(tmp_path / "source.zip", mooney_files(6))
    runs = []
    for name, source in (("a", "source"), ("b", "source.zip"), ("a", "source")):
        folder = workspace(tmp_path / name, ingest={"source": str(tmp_path / source)})
        assert run_stage("ingest", folder).returncode == 0
        files = [path for path in sorted((folder / "data").rglob("*")) if path.is_file()]
        runs.append([(path.name, path.read_bytes()) for path in files])
    assert runs[0] == runs[1] == runs[2]


@pytest.mark.parametrize("module", ["ingest", "ingest.check"])
@pytest.mark.parametrize(
    ("files", "found"),
    [
        (None, "no such file or folder"),
        ({}, "no file at all"),
        ({"flat.jpeg": jpeg(1)}, "1 images among 1 files"),
        ({"NORMAL/a.jpeg": jpeg(1)}, "1 images among 1 files"),
    ],
    ids=["missing", "empty", "flat", "one class"],
)
def test_an_unusable_source_gives_one_error_and_writes_no_file(
    tmp_path: Path, module: str, files: dict[str, bytes] | None, found: str
) -> None:
    if files is not None:
        write_tree(tmp_path / "source", files)
    folder = workspace(tmp_path / "run", ingest={"source": str(tmp_path / "source")})
    end = run_stage(module, folder)
    lines = end.stderr.splitlines()
    assert end.returncode == 1
    assert lines[0].startswith(f"[{module}] ERROR: ")
    assert [line.split(":")[0] for line in lines[1:]] == ["  found", "  where", "  next"]
    assert found in lines[1]
    assert [path.name for path in folder.rglob("*.*")] == ["params.yaml"]


def test_a_zip_that_is_cut_off_gives_one_error(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "films.zip", mooney_files(6))
    archive.write_bytes(archive.read_bytes()[:9000])
    folder = workspace(tmp_path / "run", ingest={"source": str(archive)})
    end = run_stage("ingest", folder)
    assert end.returncode == 1
    assert "Traceback" not in end.stderr
    assert "cut off" in end.stderr


def test_the_check_names_the_layout_and_decodes_no_film(tmp_path: Path) -> None:
    broken = dict.fromkeys(mooney_files(6), b"no picture")
    write_tree(tmp_path / "source", broken)
    folder = workspace(tmp_path / "run", ingest={"source": "../source"})
    end = run_stage("ingest.check", folder)
    assert end.returncode == 0
    *lines, note = [line.removeprefix("[ingest.check] ") for line in end.stderr.splitlines()]
    assert lines == [
        "../source: 12 files, layout mooney",
        "  classes      NORMAL 6, PNEUMONIA 6 (films by name)",
        "  splits       given: train 8, val 2, test 2; test is kept, the other films are drawn by"
        " patient (val_share 0.15)",
        "  patients     12 in 12 films, such as IM:0",
        "  .jpeg        film 12",
    ]
    assert "`dvc exp run --queue` would not find ../source" in note
    assert [path.name for path in folder.rglob("*.*")] == ["params.yaml"]


def test_without_params_the_error_says_where_to_run(tmp_path: Path) -> None:
    end = run_stage("ingest", tmp_path)
    assert end.returncode == 1
    assert "repository root" in end.stderr
    assert "Traceback" not in end.stderr


def test_the_error_names_an_unknown_param(tmp_path: Path) -> None:
    end = run_stage("ingest", workspace(tmp_path, ingest={"layuot": "mooney"}))
    assert end.returncode == 1
    assert "ingest.layuot" in end.stderr
