"""Two workers with clones of their own, a git remote, and a DVC remote in S3."""

import shutil
import subprocess

import pytest

from tests.flows.prefect_processes import PROJECT_ROOT, prefect_server
from tests.flows.tiny_project import with_own_python
from tests.s3_server import s3_server

pytestmark = pytest.mark.slow
WORKER = ("prefect", "worker", "start", "--pool", "lungline-stages", "--type", "process")
# A training that notes its clone outside the project and, on a worker, waits for the other one: if
# the two did not run side by side, it would fail
ORDER = """
ran, here = pathlib.Path({ran!r}), pathlib.Path.cwd().name
(ran / f"{{name}}-{{here}}").touch()
while here != "serial" and len(list(ran.iterdir())) < 2:
    if time.time() > started + 120:
        sys.exit("the other training did not begin")
    time.sleep(0.2)
"""


def git(folder, *arguments):
    command = ["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def dvc(folder, *arguments):
    command = [shutil.which("dvc", path=with_own_python()["PATH"]), *arguments]
    done = subprocess.run(
        command, cwd=folder, env=with_own_python(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def ran(tmp_path):
    """Folder in which each training leaves a note with the name of its clone."""
    folder = tmp_path / "ran"
    folder.mkdir()
    return folder


@pytest.fixture
def clones(project, tmp_path, ran):
    """The project, committed and pushed, and three clones of it."""
    with s3_server():
        for member in "ab":
            project.order(f"train@{member}", ORDER.format(ran=str(ran)))
        (project.root / "runs/.gitkeep").touch()
        ignored = project.root / ".gitignore"
        ignored.write_text(ignored.read_text() + "/runs/*\n!/runs/.gitkeep\n")
        project.dvc("remote", "add", "--default", "store", "s3://films/dvc")
        project.dvc("push")
        hub = tmp_path / "hub.git"
        subprocess.run(["git", "init", "-q", "--bare", hub], check=True)
        git(project.root, "remote", "add", "origin", str(hub))
        git(project.root, "add", "--all")
        git(project.root, "commit", "-qm", "project")
        git(project.root, "push", "-q", "origin", "HEAD:main")
        names = ("serial", "first", "second")
        for name in names:
            clone = ["git", "clone", "-q", "-b", "main", hub, tmp_path / name]
            subprocess.run(clone, check=True)
        yield {name: tmp_path / name for name in names}


def test_two_workers_train_one_network_each_and_dvc_lock_is_that_of_a_serial_run(
    project, clones, ran, tmp_path
):
    own = {"PYTHONPATH": str(PROJECT_ROOT)}
    with prefect_server(tmp_path) as server:
        create = ("prefect", "work-pool", "create", "lungline-stages", "--type", "process")
        assert server.ends(*create).returncode == 0
        spread = ("flows.spread", "--root", project.root, "--name", "films")
        assert "no worker that is online" in server.ends(*spread).stderr
        first = server.program(
            "first", *WORKER, "--limit", "1", **own, LUNGLINE_ROOT=str(clones["first"])
        )
        second = server.program(
            "second", *WORKER, "--limit", "1", **own, LUNGLINE_ROOT=str(clones["second"])
        )
        with first as one, second as two:
            one.says("started!")
            two.says("started!")
            done = server.ends(*spread, timeout_s=400)
            assert done.returncode == 0, done.stdout + done.stderr + one.log + two.log
            at = {note.name for note in ran.iterdir()}
            again = server.ends(*spread)
    project.dvc("repro")
    at_the_end = {note.name for note in ran.iterdir()}
    shutil.rmtree(ran)
    ran.mkdir()
    dvc(clones["serial"], "pull", "raw.txt")
    dvc(clones["serial"], "repro")

    assert "2 ran elsewhere, 0 cached" in done.stdout
    assert "2 cached" in again.stdout
    assert {name.partition("-")[2] for name in at} == {"first", "second"}
    assert at_the_end == at  # none is trained twice
    assert lock_of(project.root) == lock_of(clones["serial"])
    assert (project.root / "compared.txt").read_text() == (
        clones["serial"] / "compared.txt"
    ).read_text()
    refs = subprocess.check_output(["git", "-C", tmp_path / "hub.git", "for-each-ref"], text=True)
    assert "refs/lungline" not in refs


def lock_of(root):
    return (root / "dvc.lock").read_bytes()
