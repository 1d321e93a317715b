"""A working tree that a kill or a person damaged is mended, or made anew."""

# ruff: noqa: F811 - a fixture that is imported

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.commit_results import commit_results
from flows.worktree import BRANCH, own_worktree
from tasks.core import paths
from tests.flows.night_tree import author, made, master, project, retrained  # noqa: F401
from tests.flows.tiny_project import Project
from tests.git_repository import git, new_commit


def damage_git_file(tree: Path) -> None:
    (tree / ".git").write_text("gitdir: /nowhere\n")


def damage_index(tree: Path) -> None:
    Path(git(tree, "rev-parse", "--absolute-git-dir"), "index").write_bytes(b"damaged")


def leave_locks(tree: Path) -> None:
    own = Path(git(tree, "rev-parse", "--absolute-git-dir"))
    for name in ("index.lock", "HEAD.lock"):
        (own / name).write_bytes(b"")
    (tree.parents[2] / f".git/refs/heads/{BRANCH}.lock").write_bytes(b"")


def leave_a_merge(tree: Path) -> None:
    git(tree, "commit", "--quiet", "--allow-empty", "--message", "ours")
    git(tree, "merge", "--quiet", "--no-commit", "--no-ff", "--strategy=ours", "master-2")
    (tree / "params.json").write_text("half written")


def on_another_branch(tree: Path) -> None:
    git(tree, "switch", "--quiet", "--create", "elsewhere")


@pytest.mark.parametrize(
    "damage",
    [
        shutil.rmtree,
        damage_git_file,
        damage_index,
        leave_locks,
        leave_a_merge,
        on_another_branch,
    ],
)
def test_a_damaged_tree_is_mended_or_made_anew(
    project: Project, damage: Callable[[Path], None]
) -> None:
    root = project.root
    with own_worktree(root) as tree:
        (tree / paths.TEST_LEDGER).write_text("row\n1\n2\n")
        commit = commit_results(tree, "night 1")
    git(root, "branch", "master-2")
    git(root, "branch", "--force", "master-2", new_commit(root, "later"))
    damage(tree)
    with own_worktree(root) as tree:
        assert git(tree, "symbolic-ref", "--short", "HEAD") == BRANCH
        assert git(tree, "status", "--porcelain") == ""
        assert (tree / paths.TEST_LEDGER).read_text() == "row\n1\n2\n"
        assert git(tree, "merge-base", "HEAD", str(commit)) == commit
        retrained(tree)
