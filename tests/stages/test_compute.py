"""Workers, clusters and killed workers change no byte of the outputs of `ingest` and `resize`."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dask_cluster import Cluster, dask_cluster
from tests.films import jpeg, mooney_files, run_stage, stage_environment, workspace, write_tree

KILLED = "[resize] a worker was killed; its items are processed again"


@pytest.fixture(scope="module")
def resampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ingest and resample have run, with films that take a while to resize."""
    folder = tmp_path_factory.mktemp("resampled")
    films = {path: jpeg(n, 1200, 1000) for n, path in enumerate(mooney_files(60))}
    source = write_tree(folder / "source", films)
    workspace(folder, ingest={"source": str(source)}, resize={"size_px": 128})
    for stage in ("ingest", "resample"):
        end = run_stage(stage, folder)
        assert end.returncode == 0, end.stderr
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


def copy_of(resampled: Path, folder: Path, **compute: Any) -> Path:
    """A copy of the run without its films, with another section `compute`."""
    shutil.copytree(resampled, folder, ignore=shutil.ignore_patterns("source"))
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["compute"] |= compute
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    return folder


def store_bytes(folder: Path, name: str = "images") -> dict[str, bytes]:
    store = folder / "data" / name
    return {str(file.relative_to(store)): file.read_bytes() for file in sorted(store.rglob("*.*"))}


@pytest.fixture(scope="module")
def whole_store(resampled: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Bytes of the store that a single worker writes."""
    folder = copy_of(resampled, tmp_path_factory.mktemp("whole") / "run", n_workers=1)
    end = run_stage("resize", folder)
    assert end.returncode == 0, end.stderr
    return store_bytes(folder)


def test_two_workers_write_the_store_of_one(
    resampled: Path, tmp_path: Path, whole_store: dict[str, bytes]
) -> None:
    folder = copy_of(resampled, tmp_path / "run", n_workers=2)
    assert run_stage("resize", folder).returncode == 0
    assert store_bytes(folder) == whole_store


@pytest.mark.slow
def test_a_cluster_writes_the_bytes_of_one_worker_and_prints_only_its_own_lines(
    resampled: Path, cluster: Cluster, tmp_path: Path, whole_store: dict[str, bytes]
) -> None:
    folder = copy_of(resampled, tmp_path / "run", dask_scheduler=cluster.address)
    (folder / "data/manifest.parquet").unlink()
    for stage in ("ingest", "resize"):
        end = run_stage(stage, folder)
        assert end.returncode == 0, end.stderr
        assert all(line.startswith(f"[{stage}] ") for line in end.stderr.splitlines())
    assert store_bytes(folder) == whole_store
    for name in ("manifest.parquet", "pairs.parquet"):
        assert (folder / "data" / name).read_bytes() == (resampled / "data" / name).read_bytes()
    assert store_bytes(folder, "thumbnails") == store_bytes(resampled, "thumbnails")


def children(process: int) -> list[int]:
    return list(map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()))


@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
def test_no_film_is_lost_if_a_worker_is_killed(
    resampled: Path, tmp_path: Path, whole_store: dict[str, bytes]
) -> None:
    folder = copy_of(resampled, tmp_path / "run", n_workers=2)
    stage = subprocess.Popen(
        [sys.executable, "-m", "tasks.resize"],
        cwd=folder,
        env=stage_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    with stage:
        end_s = time.monotonic() + 30
        while len(workers := children(stage.pid)) < 2 and time.monotonic() < end_s:
            time.sleep(0.005)
        time.sleep(0.05)  # into its first chunk
        os.kill(workers[0], signal.SIGKILL)
        _, said = stage.communicate(timeout=60)
    assert stage.returncode == 0, said
    assert said.splitlines()[0] == KILLED
    assert store_bytes(folder) == whole_store


def test_a_cluster_out_of_reach_ends_with_one_message(resampled: Path, tmp_path: Path) -> None:
    folder = copy_of(resampled, tmp_path / "run", dask_scheduler="no-scheme://nowhere")
    end = run_stage("resize", folder)
    assert end.returncode == 1
    lines = end.stderr.splitlines()
    assert lines[0].startswith("[resize] ERROR: compute.dask_scheduler must name")
    assert [line.split(":")[0] for line in lines[1:]] == ["  found", "  where", "  next"]
    assert not (folder / "data/images").exists()
