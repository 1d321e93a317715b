"""Films on S3, in a bucket or a zip, give the same artifacts as a local folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.films import jpeg, mooney_files, run_stage, workspace, write_tree, write_zip
from tests.s3_server import BUCKET, S3, s3_server


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with s3_server() as server:
        yield server


def manifest_bytes(folder: Path, source: str) -> bytes:
    run = workspace(folder, ingest={"source": source})
    end = run_stage("ingest", run)
    assert end.returncode == 0, end.stderr
    return (run / "data/manifest.parquet").read_bytes()


def test_films_on_s3_give_the_manifest_of_the_folder(tmp_path: Path, s3: S3) -> None:
    files = {
        **mooney_files(24),
        "chest_xray/train/NORMAL/cut.jpeg": jpeg(1)[:1500],
        "chest_xray/train/.DS_Store": b"",
        "chest_xray/README.txt": b"",
    }
    folder = write_tree(tmp_path / "source", files)
    archive = write_zip(tmp_path / "films.zip", files)
    expected = manifest_bytes(tmp_path / "folder", str(folder))
    location = s3.put("kaggle/set", files)
    s3.put("zips", {"films.zip": archive.read_bytes()})
    assert manifest_bytes(tmp_path / "prefix", location) == expected
    assert manifest_bytes(tmp_path / "zip", f"s3://{BUCKET}/zips/films.zip") == expected


def resized(folder: Path, source: str) -> dict[str, bytes]:
    """Files of the image store of a source."""
    run = workspace(folder, ingest={"source": source}, resize={"size_px": 32})
    for stage in ("ingest", "resample", "resize"):
        end = run_stage(stage, run)
        assert end.returncode == 0, end.stderr
    store = run / "data/images"
    return {str(file.relative_to(store)): file.read_bytes() for file in store.rglob("*.*")}


@pytest.mark.slow
def test_films_on_s3_give_the_image_store_of_the_folder(tmp_path: Path, s3: S3) -> None:
    files = mooney_files(24)
    folder = write_tree(tmp_path / "source", files)
    archive = write_zip(tmp_path / "films.zip", files)
    expected = resized(tmp_path / "folder", str(folder))
    assert expected
    location = s3.put("resize/set", files)
    s3.put("resize", {"films.zip": archive.read_bytes()})
    assert resized(tmp_path / "prefix", location) == expected
    assert resized(tmp_path / "zip", f"s3://{BUCKET}/resize/films.zip") == expected


def test_the_error_of_resize_names_a_film_deleted_from_the_bucket(tmp_path: Path, s3: S3) -> None:
    files = mooney_files(24)
    location = s3.put("leaving", files)
    run = workspace(tmp_path / "run", ingest={"source": location}, resize={"size_px": 32})
    for stage in ("ingest", "resample"):
        assert run_stage(stage, run).returncode == 0
    gone = min(files)
    s3.client.delete_object(Bucket=BUCKET, Key=f"leaving/{gone}")
    end = run_stage("resize", run)
    assert end.returncode == 1
    assert f"  where: {gone}" in end.stderr.splitlines()
    assert not (run / "data/images").exists()


def test_a_missing_bucket_gives_one_error(tmp_path: Path, s3: S3) -> None:
    assert s3
    run = workspace(tmp_path / "run", ingest={"source": "s3://no-such-bucket/films"})
    end = run_stage("ingest", run)
    lines = end.stderr.splitlines()
    assert end.returncode == 1
    assert lines[0].startswith("[ingest] ERROR: ingest.source must exist")
    assert [line.split(":")[0] for line in lines[1:]] == ["  found", "  where", "  next"]
    assert "no-such-bucket" in lines[2]
    assert [path.name for path in (run / "data").iterdir()] == ["corrections"]


def test_the_check_reads_the_layout_from_s3(tmp_path: Path, s3: S3) -> None:
    location = s3.put("check", mooney_files(6))
    end = run_stage("ingest.check", workspace(tmp_path / "run", ingest={"source": location}))
    assert end.returncode == 0, end.stderr
    assert end.stderr.splitlines()[0] == f"[ingest.check] {location}: 12 files, layout mooney"
