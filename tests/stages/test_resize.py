"""`python -m tasks.resize` in a process of its own, also if it is killed."""

import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from PIL import Image

from tasks.core.image_store.store import ImageStore
from tasks.core.phantom.plan import PhantomSettings
from tasks.core.phantom.write import write_phantom
from tasks.core.source.synthetic import MARKER_NAME
from tasks.core.tables import SAMPLES_SCHEMA, read_table, write_table
from tests.cohorts import squares_cohort
from tests.films import (
    ROOT,
    jpeg,
    mooney_files,
    output_of,
    pack,
    run_stage,
    stage_environment,
    tree_hash,
    workspace,
    write_tree,
)


@pytest.fixture(scope="module")
def resampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ingest and resample have run. Large films leave time to kill resize."""
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
    """A copy of `resampled` that a test may change."""
    return Path(shutil.copytree(resampled, tmp_path / "run"))


@pytest.fixture(scope="module")
def whole_store(resampled: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Bytes of the store that an undisturbed run writes."""
    folder = Path(shutil.copytree(resampled, tmp_path_factory.mktemp("whole") / "run"))
    assert run_stage("resize", folder).returncode == 0
    return store_bytes(folder)


def store_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "data/images").iterdir()}


def test_samples_become_one_image_store(folder: Path) -> None:
    before = tree_hash(folder / "source")
    end = run_stage("resize", folder)
    assert (end.returncode, end.stdout) == (0, "")
    assert end.stderr.endswith(" 48 films at 1024 x 1024 px: 48 decoded, 0 reused, 0 removed\n")
    samples = read_table(SAMPLES_SCHEMA, folder / "data/samples.parquet")
    images = ImageStore(folder / "data/images").read(list(samples["image_id"]))
    assert images.shape == (48, 1024, 1024, 1)
    assert tree_hash(folder / "source") == before


def test_summary_and_picture_have_the_same_bytes_for_a_folder_and_a_zip(
    resampled: Path, tmp_path: Path
) -> None:
    reports = []
    for name in ("folder", "zip"):
        run = Path(shutil.copytree(resampled, tmp_path / name))
        source = "source"
        if name == "zip":
            shutil.make_archive(str(run / "films"), "zip", run / "source")
            source = "films.zip"
        settings = {"size_px": 32, "region": "border", "common_resolution_px": 16}
        workspace(run, ingest={"source": source}, resize=settings)
        end = run_stage("resize", run)
        assert end.returncode == 0, end.stderr
        reports.append([(run / f"reports/resize.{kind}").read_bytes() for kind in ("json", "jpg")])
    assert reports[0] == reports[1]
    figures = json.loads(reports[0][0])
    assert figures["n_films"] == sum(row["n_films"] for row in figures["regions"]) == 48
    assert figures["params"]["common_resolution_px"] == 16
    assert figures["lungs"] is None
    (row,) = figures["sharpness"]
    assert (row["class"], row["against"]) == ("PNEUMONIA", "NORMAL")
    assert 0 < row["before"]["low"] < row["before"]["high"] < 1
    assert row["after"] != row["before"]
    with Image.open(io.BytesIO(reports[0][1])) as picture:
        assert picture.format == "JPEG"


@pytest.mark.parametrize("path", [pytest.param("relative", marks=pytest.mark.slow), "absolute"])
def test_boxes_of_the_phantom_are_scored_against_its_lungs(tmp_path: Path, path: str) -> None:
    phantom = tmp_path / "data/phantom"
    write_phantom(phantom, PhantomSettings.of_size(40, seed=7))
    (phantom / "kaggle" / "chest_xray" / MARKER_NAME).touch()
    source = {"relative": "data/phantom/kaggle", "absolute": str(phantom / "kaggle")}[path]
    workspace(tmp_path, ingest={"source": source}, resize={"size_px": 32, "region": "lungs"})
    for stage in ("ingest", "resample", "resize"):
        end = run_stage(stage, tmp_path)
        assert end.returncode == 0, end.stderr
    figures = json.loads((tmp_path / "reports/resize.json").read_text(encoding="utf-8"))
    assert figures["lungs"]["n_films"] == figures["n_films"]
    assert figures["lungs"]["mean_iou"] >= 0.8
    assert figures["lungs"]["share_above"] >= 0.8
    assert figures["sharpness"][0]["after"] is None


def test_a_changed_film_ends_with_one_message_that_names_it(folder: Path) -> None:
    (folder / "source/chest_xray/train/NORMAL/IM-0001-0001.jpeg").write_bytes(jpeg(5))
    end = run_stage("resize", folder)
    assert end.returncode == 1
    assert end.stderr.splitlines()[1:3] == [
        "  found: other bytes",
        "  where: chest_xray/train/NORMAL/IM-0001-0001.jpeg",
    ]
    assert not (folder / "data/images").exists()


def test_a_missing_source_ends_with_one_message(folder: Path) -> None:
    (folder / "source").rename(folder / "elsewhere")
    end = run_stage("resize", folder)
    assert end.returncode == 1
    assert "Traceback" not in end.stderr
    assert "no such file or folder" in end.stderr


def started(folder: Path) -> subprocess.Popen[bytes]:
    """A running resize that has completed a shard or more and is not finished."""
    stage = subprocess.Popen(
        [sys.executable, "-m", "tasks.resize"],
        cwd=folder,
        env=stage_environment(),
        stderr=subprocess.DEVNULL,
    )
    end_s = time.monotonic() + 30
    while not list(folder.glob("data/.images.*/*-*.npy")) and time.monotonic() < end_s:
        time.sleep(0.005)
    return stage


@pytest.mark.skipif(sys.platform != "linux", reason="the signals are those of Linux")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_leaves_no_store_and_the_next_run_writes_the_same_one(
    folder: Path, whole_store: dict[str, bytes], how: signal.Signals
) -> None:
    with started(folder) as stage:
        os.kill(stage.pid, how)
    assert stage.returncode in (-how, 130)
    assert not (folder / "data/images").exists()
    end = run_stage("resize", folder)
    n_decoded, n_reused = counts(end.stderr)[:2]
    assert n_decoded + n_reused == 48
    assert n_reused > 0  # shards that the killed run completed
    assert store_bytes(folder) == whole_store
    assert not list(folder.glob("data/.images*"))


def counts(printed: str) -> list[int]:
    """Films decoded, reused and removed, from the last such line."""
    found = re.findall(r"([\d,]+) decoded, ([\d,]+) reused, ([\d,]+) removed", printed)[-1]
    return [int(number.replace(",", "")) for number in found]


@dataclass(frozen=True)
class Project:
    """A DVC repository with the stage `resize` of dvc.yaml and a cohort of real films."""

    root: Path

    def choose(self, films: list[Path]) -> None:
        """Write a cohort of these films, which are in the source."""
        table = squares_cohort({"train": len(films)}).iloc[: len(films)].copy()
        table["image_id"] = [hashlib.sha256(film.read_bytes()).hexdigest() for film in films]
        table["path"] = [film.name for film in films]
        write_table(table.sort_values("path"), SAMPLES_SCHEMA, self.root / "data/samples.parquet")

    def dvc(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "dvc", *arguments]
        return output_of(command, self.root, self._environment())

    def repro(self) -> list[int]:
        return counts(self.dvc("repro"))

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "DVC_NO_ANALYTICS": "1",
            **{f"DVC_{kind}_DIR": str(self.root / ".dvc/tmp" / kind.lower())
               for kind in ("SITE_CACHE", "GLOBAL_CONFIG", "SYSTEM_CONFIG")},
        }  # fmt: skip


def make_project(root: Path, films: list[Path]) -> Project:
    workspace(root, ingest={"source": "films"}, resize={"size_px": 32})
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["resize"]
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"resize": stage}}), encoding="utf-8")
    shutil.copytree(ROOT / "tasks", root / "tasks", ignore=shutil.ignore_patterns("__pycache__"))
    write_tree(root / "films", {film.name: film.read_bytes() for film in films})
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    project = Project(root)
    project.dvc("init", "--quiet")
    return project


@pytest.mark.slow
def test_dvc_decodes_new_films_only_and_gets_the_store_of_a_run_from_scratch(
    tmp_path: Path,
) -> None:
    films = sorted(pack("kermany-original").rglob("*.jpeg"))[:60]
    project = make_project(tmp_path / "first", films)
    project.dvc("config", "cache.type", "hardlink")  # writing into a file would change the cache
    project.choose(films[:50])
    assert project.repro() == [50, 0, 0]
    once = (store_bytes(project.root), (project.root / "dvc.lock").read_bytes())
    project.choose(films[3:])
    assert project.repro() == [10, 47, 3]
    project.dvc("status", "--quiet", "dvc.yaml")  # fails if something changed

    other = make_project(tmp_path / "second", films)
    other.choose(films[3:])
    assert other.repro() == [57, 0, 0]
    assert store_bytes(other.root) == store_bytes(project.root)
    assert (other.root / "dvc.lock").read_bytes() == (project.root / "dvc.lock").read_bytes()
    assert len(ImageStore(other.root / "data/images")) == 57

    shard = ImageStore(other.root / "data/images").shards[0]
    damaged = other.root / "data/images" / shard.name
    data = damaged.read_bytes()
    damaged.chmod(0o644)
    damaged.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert other.repro() == [shard.n_images, 57 - shard.n_images, 0]
    assert damaged.read_bytes() == data
    assert (other.root / "dvc.lock").read_bytes() == (project.root / "dvc.lock").read_bytes()

    project.choose(films[:50])
    (project.root / "dvc.lock").write_bytes(once[1])
    project.dvc("checkout", "--force")
    assert store_bytes(project.root) == once[0]
    project.dvc("status", "--quiet", "dvc.yaml")
