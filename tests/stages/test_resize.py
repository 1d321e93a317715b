"""`python -m tasks.resize` as a process of its own, also when it is killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.image_store import ImageStore
from tasks.tables import SAMPLES, read_table
from tests.films import (
    jpeg,
    mooney_files,
    run_stage,
    stage_environment,
    tree_hash,
    workspace,
    write_tree,
)


@pytest.fixture(scope="module")
def resampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ingest and resample have run; films large enough to kill resize at it."""
    folder = tmp_path_factory.mktemp("resampled")
    small = mooney_files(24)
    write_tree(folder / "source", {path: jpeg(n, 1000, 800) for n, path in enumerate(small)})
    workspace(folder, ingest={"source": "source"}, resize={"size_px": 1024})
    for stage in ("ingest", "resample"):
        end = run_stage(stage, folder)
        assert end.returncode == 0, end.stderr
    return folder


@pytest.fixture
def folder(resampled: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(resampled, tmp_path / "run"))


@pytest.fixture(scope="module")
def whole_store(resampled: Path, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Bytes of the store that an undisturbed run writes."""
    folder = Path(shutil.copytree(resampled, tmp_path_factory.mktemp("whole") / "run"))
    assert run_stage("resize", folder).returncode == 0
    return store_bytes(folder)


def store_bytes(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder / "data/images").iterdir())]


def test_samples_become_one_image_store(folder: Path) -> None:
    before = tree_hash(folder / "source")
    end = run_stage("resize", folder)
    assert (end.returncode, end.stdout) == (0, "")
    assert end.stderr == "[resize] 48 films resized to 1024 x 1024 px\n"
    samples = read_table(SAMPLES, folder / "data/samples.parquet")
    images = ImageStore(folder / "data/images").read(list(samples["image_id"]))
    assert images.shape == (48, 1024, 1024, 1)
    assert tree_hash(folder / "source") == before


def test_a_film_that_changed_ends_with_one_message_that_names_it(folder: Path) -> None:
    (folder / "source/chest_xray/train/NORMAL/IM-0001-0001.jpeg").write_bytes(jpeg(5))
    end = run_stage("resize", folder)
    assert end.returncode == 1
    assert end.stderr.splitlines()[1:3] == [
        "  found: other bytes",
        "  where: chest_xray/train/NORMAL/IM-0001-0001.jpeg",
    ]
    assert not (folder / "data/images").exists()


def test_a_source_that_vanished_ends_with_one_message(folder: Path) -> None:
    (folder / "source").rename(folder / "elsewhere")
    end = run_stage("resize", folder)
    assert end.returncode == 1
    assert "Traceback" not in end.stderr
    assert "no such file or folder" in end.stderr


def started(folder: Path) -> subprocess.Popen[bytes]:
    """A resize that has begun to write."""
    stage = subprocess.Popen(
        [sys.executable, "-m", "tasks.resize"],
        cwd=folder,
        env=stage_environment(),
        stderr=subprocess.DEVNULL,
    )
    end_s = time.monotonic() + 30
    while not list(folder.glob("data/.images.*/pixels.npy")) and time.monotonic() < end_s:
        time.sleep(0.005)
    time.sleep(0.2)  # until the workers are forked: CPython drops a Ctrl-C that falls into a fork
    return stage


@pytest.mark.skipif(sys.platform != "linux", reason="the signals are those of Linux")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_kill_half_way_leaves_no_half_store_and_the_next_run_the_same_one(
    folder: Path, whole_store: list[bytes], how: signal.Signals
) -> None:
    with started(folder) as stage:
        os.kill(stage.pid, how)
    assert stage.returncode in (-how, 130)
    assert not (folder / "data/images").exists()
    assert run_stage("resize", folder).returncode == 0
    assert store_bytes(folder) == whole_store
    assert not list(folder.glob("data/.images*"))
