"""Bring the newest commit of the main branch into the branch of the results, without a conflict."""

import tempfile
from pathlib import Path

from flows.git_command import run_git
from tasks.core import paths


def merge_main(tree: Path, main: str) -> None:
    """Merge the main branch: a file that both changed is taken from it, whole.

    Two halves of a dvc.lock would be no dvc.lock. The rows of the test ledger are all kept.

    Args:
        tree: Working tree of the results, clean.
        main: The main branch.

    Raises:
        FlowError: git fails, for example because the two have no common commit.
    """
    base = run_git(tree, "merge-base", "HEAD", main, cure=f"Is {main} a branch with a commit?")
    newest = run_git(tree, "rev-parse", f"{main}^{{commit}}")
    if base == newest:
        return
    if base == run_git(tree, "rev-parse", "HEAD"):
        run_git(tree, "merge", "--quiet", "--ff-only", newest)
        return
    ledger = paths.TEST_LEDGER.as_posix()
    ours, theirs = _changed(tree, base, "HEAD"), _changed(tree, base, newest)
    rows = _united(tree, ledger, base, newest) if ledger in ours & theirs else None
    run_git(tree, "merge", "--quiet", "--no-commit", "--strategy=ours", newest)
    _take(tree, newest, theirs)
    if rows is not None:
        (tree / ledger).write_text(rows, encoding="utf-8", newline="")
        run_git(tree, "add", "--", ledger)
    run_git(tree, "commit", "--quiet", "--no-verify", "--message", f"Merge branch '{main}'")


def _changed(tree: Path, base: str, tip: str) -> set[str]:
    """Files that differ between two commits."""
    command = ("diff", "--name-only", "--no-renames", "-z", base, tip)
    return set(run_git(tree, *command).split("\0")) - {""}


def _take(tree: Path, commit: str, files: set[str]) -> None:
    """Give files the content that they have in a commit, or remove them if it has none."""
    there = set(
        run_git(tree, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).split("\0")
    )
    kept = sorted(files & there)
    for start in range(0, len(kept), 200):  # a command line has a limited length
        run_git(tree, "checkout", commit, "--", *kept[start : start + 200])
    for name in sorted(files - there):
        run_git(tree, "rm", "--quiet", "--ignore-unmatch", "--", name)


def _united(tree: Path, name: str, base: str, newest: str) -> str:
    """A file with the lines of both sides. Source: git merge-file, `--union`."""
    with tempfile.TemporaryDirectory() as folder:
        places = []
        for commit in ("HEAD", base, newest):
            place = Path(folder, commit)
            place.write_text(_content(tree, commit, name), encoding="utf-8", newline="")
            places.append(str(place))
        return run_git(tree, "merge-file", "--union", "--stdout", *places) + "\n"


def _content(tree: Path, commit: str, name: str) -> str:
    """Text of a file in a commit; empty if the commit has none."""
    if not run_git(tree, "ls-tree", "--name-only", commit, "--", name):
        return ""
    return run_git(tree, "show", f"{commit}:{name}") + "\n"
