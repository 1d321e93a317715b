"""Whether the commit of a working tree is fit for a version, and which release it names."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from flows.dag import FlowError, read_changes, read_dag
from flows.git_command import run_git
from tasks.core import paths

RELEASE_STAGE = "release"
_MOST_NAMED = 5  # files or stages in a message


@dataclass(frozen=True)
class ReleaseCommit:
    """A release that a commit names in its dvc.lock.

    commit: 40 hex digits. md5: of the folder, as DVC writes it.
    """

    commit: str
    md5: str


def release_at(root: Path, commit: str) -> ReleaseCommit:
    """Read which release a commit names.

    Raises:
        FlowError: The commit has no dvc.lock, or that names no release.
    """
    try:
        lock = yaml.safe_load(run_git(root, "show", f"{commit}:./dvc.lock"))
        outs = lock["stages"][RELEASE_STAGE]["outs"]
        (md5,) = (out["md5"] for out in outs if out["path"] == paths.RELEASE.as_posix())
    except (FlowError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise FlowError(
            f"A version needs a commit whose dvc.lock names {paths.RELEASE}.",
            found=f"no stage `{RELEASE_STAGE}` in it ({type(error).__name__})",
            where=f"dvc.lock of commit {commit[:10]}",
            next_step="Run `dvc repro`, then commit dvc.lock.",
        ) from error
    return ReleaseCommit(commit, str(md5))


def require_fit_commit(root: Path) -> ReleaseCommit:
    """Check that the working tree is its commit, and that the release in it is up to date.

    Raises:
        FlowError: No branch is checked out, files in git differ from the commit, or the release or
            a stage before it is not up to date.
    """
    _require_branch(root)
    _require_clean(root)
    _require_up_to_date(root)
    return release_at(root, run_git(root, "rev-parse", "HEAD"))


def _require_branch(root: Path) -> None:
    branch = run_git(root, "rev-parse", "--abbrev-ref", "HEAD", cure="Commit your files first.")
    if branch == "HEAD":
        raise FlowError(
            "A version needs a commit on a branch, where others find it.",
            found="a detached HEAD",
            where=str(root.absolute()),
            next_step="Type `git switch -c NAME`, or `git switch` to a branch.",
        )


def _require_clean(root: Path) -> None:
    changed = run_git(root, "status", "--porcelain", "--untracked-files=no").splitlines()
    if changed:
        raise FlowError(
            "A version is a commit: no file in git may differ from it.",
            found=_some([line[3:] for line in changed]),
            where=str(root.absolute()),
            next_step="Commit them (`git add -u && git commit`), or put them away (`git stash`).",
        )


def _require_up_to_date(root: Path) -> None:
    dag = read_dag(root, RELEASE_STAGE)
    differing = read_changes(dag)
    changed = [name for name in dag.upstream if name in differing]
    if changed:
        raise FlowError(
            "The release and all stages before it must be up to date with dvc.lock.",
            found=f"not up to date: {_some(changed)}",
            where=str(dag.root / "dvc.lock"),
            next_step="Run `dvc repro` (`dvc status` says what changed), then commit dvc.lock.",
        )


def _some(names: list[str]) -> str:
    left = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {left} more" if left > 0 else "")
