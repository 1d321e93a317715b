"""The commit of the code that writes a page."""

import os
import subprocess
import tempfile
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
    sha = _ask_git("log", "-1", "--format=%H", "--", *_CODE)
    if not sha:
        return CodeCommit(None, has_changes=False)
    # An index of our own compares contents. In a copy of `dvc exp run --queue` the sizes and times
    # in the index of git are wrong.
    with tempfile.TemporaryDirectory() as folder:
        index = f"{folder}/index"
        _ask_git("read-tree", "HEAD", index=index)
        changed = _ask_git("status", "--porcelain", "--", *_CODE, index=index)
    return CodeCommit(sha, has_changes=bool(changed))


def _ask_git(*arguments: str, index: str | None = None) -> str | None:
    """What git prints; None if it fails or is not installed."""
    environment = os.environ if index is None else os.environ | {"GIT_INDEX_FILE": index}
    try:
        done = subprocess.run(
            ["git", *arguments], env=environment, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
