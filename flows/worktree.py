"""A working tree of its own for unattended runs, so that the tree of the engineers stays theirs.

It is a `git worktree` on the branch `retrain`, below `.dvc/tmp`. It has the commit of the main
branch with the results of earlier runs, DVC's cache of the repository, and links to the films.
What an engineer edits meanwhile does not reach a run, and a run dirties no file of theirs.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from flows.committed import committed_text
from flows.dag import FlowError
from flows.git_command import run_git
from flows.main_merge import merge_main
from flows.project_name import state_file
from flows.tree_data import share_cache, show_sources
from tasks.core import paths
from tasks.core.exclusive_lock import exclusive_lock

TREE = Path(".dvc/tmp/retrain-tree")
BRANCH = "retrain"
_LOCKS = ("index.lock", "HEAD.lock")  # a killed git leaves them
_UNFINISHED = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")
_SPARE_BYTES = 1 << 30  # for checkpoints and pages


@contextmanager
def own_worktree(root: Path, main: str | None = None) -> Iterator[Path]:
    """Make or renew the working tree, and hold its lock while the run uses it.

    Args:
        root: Folder that holds `.dvc`; the tree of the engineers.
        main: Branch whose commit is retrained; None: the one that is checked out in `root`.

    Yields:
        Root of the working tree, on the branch `retrain`.

    Raises:
        FlowError: Another run uses it, there is no such branch or no commit, the disk has no room,
            or git fails.
    """
    rule = "One unattended run at a time uses the working tree of its own."
    path = state_file(root, "worktree.lock")
    with exclusive_lock(path, rule, root / TREE, "Wait for it to end.", FlowError):
        yield _renewed(root, main or _checked_out(root))


def _renewed(root: Path, main: str) -> Path:
    """The working tree: clean, with the newest commit of the main branch, its data at hand."""
    tree = root / TREE
    run_git(root, "worktree", "prune")
    if not _is_whole(root, tree):
        _make(root, tree, main)
    try:
        _clear(root, tree)
    except FlowError:  # a damaged index
        _make(root, tree, main)
    merge_main(tree, main)
    share_cache(root, tree)
    show_sources(root, tree)
    return tree


def _checked_out(root: Path) -> str:
    branch = run_git(root, "rev-parse", "--abbrev-ref", "HEAD", cure="Commit your files first.")
    if branch in ("HEAD", BRANCH):
        raise FlowError(
            "An unattended run must know the main branch.",
            found="a detached HEAD" if branch == "HEAD" else f"the branch of its own, {BRANCH}",
            where=str(root.absolute()),
            next_step="Type `git switch main` there, or set release.branch in params.yaml.",
        )
    return branch


def _is_whole(root: Path, tree: Path) -> bool:
    """Whether git knows the tree, and the tree knows its repository and branch."""
    listed = run_git(root, "worktree", "list", "--porcelain").splitlines()
    if f"worktree {tree.resolve()}" not in listed:
        return False
    try:
        top = run_git(tree, "rev-parse", "--show-toplevel")
        branch = run_git(tree, "symbolic-ref", "--short", "HEAD")
        run_git(tree, "rev-parse", "--verify", "--quiet", "HEAD^{tree}")
    except FlowError:
        return False
    return Path(top) == tree.resolve() and branch == BRANCH


def _make(root: Path, tree: Path, main: str) -> None:
    """Make the tree anew; a damaged one holds nothing that is not in git or in DVC's cache."""
    _require_room(root, main)
    if tree.exists():
        shutil.rmtree(tree)  # the links in it are removed, not what they lead to
    run_git(root, "worktree", "prune")
    cure = f"If {BRANCH} is checked out elsewhere, `git switch {main}` there."
    if run_git(root, "branch", "--list", BRANCH):
        run_git(root, "worktree", "add", "--force", "--quiet", str(tree), BRANCH, cure=cure)
    else:
        command = ("worktree", "add", "--force", "--quiet", "-b", BRANCH, str(tree), main)
        run_git(root, *command, cure=f"Is {main} a branch with a commit? {cure}")


def _require_room(root: Path, main: str) -> None:
    """Check that the disk can hold the outputs of the pipeline a second time."""
    needed = _SPARE_BYTES + sum(map(_size, _outputs(root, main)))
    free = shutil.disk_usage(root).free
    if free < needed:
        raise FlowError(
            "The working tree of unattended runs needs room for the outputs of the pipeline.",
            found=f"{free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed",
            where=str(root.absolute()),
            next_step="Make room (`dvc gc --workspace --all-tags` removes old outputs), or let DVC"
            " link its cache (`dvc config cache.type reflink,hardlink,copy`).",
        )


def _outputs(root: Path, main: str) -> list[dict[str, Any]]:
    """The outputs that dvc.lock of a branch names; none if it has no dvc.lock."""
    try:
        lock = yaml.safe_load(run_git(root, "show", f"{main}:./dvc.lock")) or {}
    except FlowError:
        return []
    return [out for stage in lock.get("stages", {}).values() for out in stage.get("outs", [])]


def _size(out: dict[str, Any]) -> int:
    return int(out.get("size", 0))


def _clear(root: Path, tree: Path) -> None:
    """Undo what a killed run left: locks of git, an unfinished merge, files that differ."""
    own = Path(run_git(tree, "rev-parse", "--absolute-git-dir"))
    shared = Path(run_git(root, "rev-parse", "--path-format=absolute", "--git-common-dir"))
    left = [*(own / name for name in (*_LOCKS, *_UNFINISHED)), shared / f"refs/heads/{BRANCH}.lock"]
    for path in left:
        path.unlink(missing_ok=True)
    run_git(tree, "reset", "--hard", "--quiet")


def main_branch(root: Path) -> str | None:
    """The branch that the committed params.yaml names for unattended runs.

    Args:
        root: Folder that holds `.dvc`.

    Returns:
        Its name; None if there is none: the branch that is checked out.

    Raises:
        ParamsError: The committed params.yaml breaks a rule.
    """
    from tasks.core.params import parse_params

    text = committed_text(root, paths.PARAMS)
    if not text:
        return None
    return parse_params(text.encode(), f"HEAD:{paths.PARAMS}").release.branch
