"""Fixtures of the working tree of unattended runs, which several test files import."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.core import paths
from tests.flows.tiny_project import Project, make_tiny_project, with_own_python
from tests.git_repository import AUTHOR, new_commit

IGNORED = "/orders\n/runs\n/data/champions\n"


@pytest.fixture(autouse=True)
def author(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in AUTHOR.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, master: None) -> Project:  # noqa: ARG001
    """A committed project whose stages have run."""
    project = make_tiny_project(tmp_path_factory.mktemp("made") / "project")
    root = project.root
    (root / ".gitignore").write_text(IGNORED)
    (root / "reports").mkdir()
    (root / paths.TEST_LEDGER).write_text("row\n1\n")
    new_commit(root)
    project.dvc("repro", "--quiet")
    new_commit(root)
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    return Project(shutil.copytree(made.root, tmp_path / "project", symlinks=True))


@pytest.fixture(scope="module", autouse=True)
def master() -> Iterator[None]:
    """Let git name the first branch `master`, whatever this machine prefers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_COUNT", "1")
        patch.setenv("GIT_CONFIG_KEY_0", "init.defaultBranch")
        patch.setenv("GIT_CONFIG_VALUE_0", "master")
        for name, value in AUTHOR.items():
            patch.setenv(name, value)
        yield


def retrained(tree: Path) -> None:
    """Run the stages in the tree, as the flow does."""
    for folder in ("orders", "runs"):
        (tree / folder).mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "dvc", "repro", "--quiet"],
        cwd=tree,
        env=with_own_python(),
        check=True,
    )
