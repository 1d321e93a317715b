"""Two clones with unlike surroundings; the slow test is `make verify` itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flows.dag import FlowError
from flows.repeatability.clones import DIFFERENT, Surroundings, make_clones, run_clone
from tests.conftest import make_clone

SHOW = """
import os, pathlib, json
os.makedirs("x/sub", exist_ok=True)
for name in "cab":
    pathlib.Path("x", name).touch()
umask = os.umask(0)
listed = [os.listdir("x"), [e.name for e in os.scandir("x")], [n for _, _, n in os.walk("x")][0]]
listed.append([path.name for path in pathlib.Path("x").iterdir()])
print(json.dumps([umask, os.environ["TZ"], sorted(map(len, listed)), listed[0] == sorted(
    listed[0], reverse=True), len(os.sched_getaffinity(0))]))
"""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clone(tmp_path_factory.mktemp("origin")).root


def test_clones_have_one_commit_and_other_workers(origin: Path, tmp_path: Path) -> None:
    clones = make_clones(origin, tmp_path / "new", is_small=True)
    commits = {
        subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, check=True
        ).stdout
        for clone in clones
    }
    assert len(commits) == 1
    params = [yaml.safe_load((clone / "params.yaml").read_text("utf-8")) for clone in clones]
    assert [one["compute"].pop("n_workers") for one in params] == [1, 3]
    assert params[0] == params[1]
    assert params[0]["train"]["epochs"] == 1
    assert "--films 48" in (clones[0] / "tasks/core/phantom/dvc.yaml").read_text()
    with pytest.raises(FlowError, match="new folder"):
        make_clones(origin, tmp_path / "new", is_small=True)


def test_a_folder_without_git_cannot_be_cloned(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    with pytest.raises(FlowError, match="`git clone` must succeed"):
        make_clones(tmp_path / "bare", tmp_path / "new", is_small=False)


def test_surroundings_reach_the_run(tmp_path: Path) -> None:
    said = []
    for number, one in enumerate(DIFFERENT):
        (clone := tmp_path / f"clone{number}").mkdir()
        command = (sys.executable, "-c", SHOW)
        run_clone(clone, Surroundings(**{**vars(one), "commands": (command,)}))
        said.append(yaml.safe_load((tmp_path / f"clone{number}-home/run.log").read_text()))
    first, second = said
    assert (first[:2], second[:2]) == ([0o022, "UTC"], [0o027, "Asia/Kathmandu"])
    assert second[3]
    assert second[4] == 1
    assert first[4] == len(os.sched_getaffinity(0))


def test_a_failed_run_shows_its_last_lines(tmp_path: Path) -> None:
    (tmp_path / "clone").mkdir()
    command = (sys.executable, "-c", "print('no films'); raise SystemExit(3)")
    with pytest.raises(FlowError, match="exit code 3: no films"):
        run_clone(
            tmp_path / "clone", Surroundings(**{**vars(DIFFERENT[0]), "commands": (command,)})
        )


@pytest.mark.slow
def test_the_flow_and_dvc_repro_write_the_same_bytes(origin: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows.repeatability", "--folder", str(tmp_path / "clones")],
        cwd=origin,
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "equal to the byte" in done.stdout
