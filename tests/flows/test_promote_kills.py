"""SIGKILL before each step that changes a file: the champion is the old one or the new one, whole.

A child of this process promotes. Python reports each open, rename, removal and process to a hook,
and the hook kills the child at a chosen one.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from flows.publish.promotion import promote, roll_back
from tasks.core import paths
from tasks.core.dvc_hash import dvc_md5
from tests.flows.released_project import ReleasedProject, released_project
from tests.git_repository import git

_CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "subprocess.Popen"}
_N_QUICK = 6  # kills in the test that always runs


pytestmark = pytest.mark.usefixtures("author")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ReleasedProject:
    """v0.1.0 is in use, a second release waits; there is a DVC remote."""
    project = released_project(tmp_path_factory.mktemp("made") / "project")
    project.run("dvc", "remote", "add", "--default", "storage", "storage")
    git(project.root, "commit", "--quiet", "--all", "--message", "a remote")
    promote(project.root, print)
    project.release(1.0)
    return project


def is_change(event: str, arguments: tuple[object, ...]) -> bool:
    """Whether an audit event of Python can leave something behind."""
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in _CHANGES


def run_killed(root: Path, work: str, number: int) -> int:
    """Promote or roll back in a child that is killed at its n-th change; return its status.

    Returns:
        As `os.waitstatus_to_exitcode`: -9 if it was killed, else the number of changes (at most
        250) in place of the exit code.
    """
    child = os.fork()
    if child == 0:
        seen = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal seen
            if is_change(event, arguments):
                seen += 1
                if seen == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(hook)
            (promote if work == "promote" else roll_back)(root, lambda _line: None)
        except BaseException:  # noqa: BLE001 - a child of the test must not go on with its tests
            os._exit(255)
        os._exit(min(seen, 250))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def check_whole(project: ReleasedProject, expected: dict[str, str]) -> None:
    """The champion is one of two versions, and its folder holds exactly its files."""
    champion = project.tags().champion
    assert champion in expected
    assert dvc_md5(project.root / paths.champion_folder(champion)) == expected[champion]


def try_kills(made: ReleasedProject, folder: Path, numbers: list[int], work: str) -> None:
    """Kill at each number, look, and let the same command end the work."""
    start = ReleasedProject(shutil.copytree(made.root, folder / "start", symlinks=True))
    hashes = {
        "v0.1.0": dvc_md5(start.root / paths.champion_folder("v0.1.0")),
        "v0.2.0": dvc_md5(start.root / paths.RELEASE),
    }
    old, new = "v0.1.0", "v0.2.0"
    if work == "roll back":
        promote(start.root, print)
        shutil.rmtree(start.root / paths.champion_folder("v0.1.0"))
        old, new = new, old
    for number in numbers:
        root = shutil.copytree(start.root, folder / f"{number}", symlinks=True)
        project = ReleasedProject(root)
        assert run_killed(root, work, number) == -signal.SIGKILL
        check_whole(project, hashes)
        if project.tags().champion == old:
            (promote if work == "promote" else roll_back)(root, print)
        elif work == "promote":
            promote(root, print)  # nothing is left to do, and it says so
        assert project.tags().champion == new
        check_whole(project, hashes)
        assert len(project.tags().versions) == 2
        assert git(root, "status", "--porcelain", "--untracked-files=no") == ""
        shutil.rmtree(root)


def n_changes(made: ReleasedProject, folder: Path, work: str) -> int:
    root = shutil.copytree(made.root, folder / "counted", symlinks=True)
    if work == "roll back":
        promote(root, print)
        shutil.rmtree(root / paths.champion_folder("v0.1.0"))
    n = run_killed(root, work, 0)
    assert 20 < n < 250, n
    return n


@pytest.mark.parametrize("work", ["promote", "roll back"])
def test_a_kill_leaves_the_old_version_or_the_new_one(
    made: ReleasedProject, tmp_path: Path, work: str
) -> None:
    n = n_changes(made, tmp_path, work)
    numbers = [1 + (n - 1) * k // (_N_QUICK - 1) for k in range(_N_QUICK)]
    try_kills(made, tmp_path, numbers, work)


@pytest.mark.slow
@pytest.mark.parametrize("work", ["promote", "roll back"])
def test_a_kill_at_every_step_leaves_the_old_version_or_the_new_one(
    made: ReleasedProject, tmp_path: Path, work: str
) -> None:
    try_kills(made, tmp_path, list(range(1, n_changes(made, tmp_path, work) + 1)), work)
