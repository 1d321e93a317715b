"""prefect.yaml, a work pool and a worker, against a real Prefect server."""

import os
import signal
import subprocess

import pytest

from flows.worktree import TREE
from tests.flows.prefect_processes import PROJECT_ROOT, prefect_server, processes_in

pytestmark = pytest.mark.slow
WORKER = ("prefect", "worker", "start", "--pool", "lungline", "--type", "process")
EVENT = ("prefect", "event", "emit", "lungline.data.changed", "--resource-id")


@pytest.fixture
def pooled(project, tmp_path):
    """A server to which the project is deployed, as prefect.yaml says."""
    for package in ("flows", "tasks"):  # a clone has the code in it
        (project.root / package).symlink_to(PROJECT_ROOT / package)
    (project.root / "runs/.gitkeep").touch()
    for setting in (("user.name", "a"), ("user.email", "a@b.c")):
        git(project, "config", *setting)
    commit(project)
    names = {"LUNGLINE_NAME": "pooled", "LUNGLINE_ROOT": str(project.root)}
    with prefect_server(tmp_path, **names) as server:
        done = server.ends("prefect", "work-pool", "create", "lungline", "--type", "process")
        assert done.returncode == 0, done.stderr
        done = server.ends("prefect", "--no-prompt", "deploy", "--all")
        assert done.returncode == 0, done.stdout
        yield server


def git(project, *arguments):
    command = ["git", "-C", project.root, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def commit(project):
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "by an engineer")


def test_a_worker_runs_what_an_event_asks_for_and_a_killed_worker_blocks_nobody(
    pooled, project, tmp_path
):
    began = tmp_path / "began"
    with pooled.program("worker", *WORKER) as worker:
        assert pooled.ends(*EVENT, "lungline.project.pooled").returncode == 0
        worker.wait_for(lambda: pooled.runs("COMPLETED"), 120)
        project.order("prepare", f"pathlib.Path({str(began)!r}).touch(); time.sleep(300)")
        project.set_params(scale=2)
        commit(project)
        assert pooled.ends(*EVENT, "lungline.project.pooled").returncode == 0
        worker.wait_for(began.exists, 90)
        (left,) = pooled.runs("RUNNING")
        os.killpg(worker.process.pid, signal.SIGKILL)
        for pid in processes_in(project.root / TREE):
            os.kill(pid, signal.SIGKILL)
    project.withdraw("prepare")
    commit(project)
    with pooled.program("other-worker", *WORKER) as worker:
        assert pooled.ends("prefect", "deployment", "run", "retrain/pooled").returncode == 0
        worker.wait_for(lambda: len(pooled.runs("COMPLETED")) == 2, 90)
    first, second = pooled.runs("COMPLETED")
    assert first["created_by"]["type"] == "AUTOMATION"
    assert first["work_pool_name"] == second["work_pool_name"] == "lungline"
    assert "Retrain unattended" in git(project, "log", "-1", "--format=%s", "retrain")
    assert git(project, "status", "--porcelain") == ""  # the tree of the engineers is theirs
    assert not (project.root / "dvc.lock").exists()
    assert [run["id"] for run in pooled.runs("CRASHED", "RUNNING")] == [left["id"]]


@pytest.mark.parametrize("kind", ["docker", "kubernetes"])
def test_the_server_takes_the_template_of_a_pool(pooled, kind):
    template = f"flows/deploy/{kind}/pool.json"
    create = ("prefect", "work-pool", "create", kind, "--type", kind)
    done = pooled.ends(*create, "--base-job-template", template)
    assert done.returncode == 0, done.stderr
