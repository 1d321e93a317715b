"""The commit of the code that writes a page or reads the test split."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

_CODE = ("tasks", "params.yaml", "dvc.yaml", "requirements.txt")  # what can change a result


@dataclass(frozen=True)
class CodeCommit:
    """The last commit that changed code, parameters or pinned libraries.

    sha: 40 hexadecimal digits; None outside a git repository.
    has_changes: whether those files differ from the last commit.
    """

    sha: str | None
    has_changes: bool


def code_commit() -> CodeCommit:
    """Ask git about the current folder. A later commit of results alone gives the same answer."""
    sha = ask_git("log", "-1", "--format=%H", "--", *_CODE)
    if not sha:
        return CodeCommit(None, has_changes=False)
    return CodeCommit(sha, has_changes=differs_from_commit(_CODE))


def differs_from_commit(files: Sequence[str], *options: str) -> bool:
    """Whether files of the current folder differ from the last commit.

    An index of our own compares contents. In a copy of `dvc exp run --queue` the sizes and times in
    the index of git are wrong: it does not see that a value was replaced by one of equal length.

    Args:
        files: Files and folders.
        options: Of `git status`, for example `--untracked-files=no`.
    """
    with tempfile.TemporaryDirectory() as folder:
        index = f"{folder}/index"
        ask_git("read-tree", "HEAD", index=index)
        return bool(ask_git("status", "--porcelain", *options, "--", *files, index=index))


def ask_git(*arguments: str, index: str | None = None) -> str | None:
    """What git prints; None if it fails or is not installed.

    Args:
        arguments: Of git.
        index: File of another index than that of the repository.
    """
    environment = os.environ if index is None else os.environ | {"GIT_INDEX_FILE": index}
    try:
        done = subprocess.run(
            ["git", *arguments], env=environment, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
