"""Run git; a failure is one message with what git said."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from flows.dag import FlowError

_CURE = "Correct what git names; `git status` shows the state of the repository."


def run_git(
    root: Path, *arguments: str, cure: str = _CURE, env: Mapping[str, str] | None = None
) -> str:
    """Run git and return what it prints, without the last line end.

    Args:
        root: A folder of the repository.
        arguments: Of git.
        cure: Next step if it fails.
        env: Further variables, such as the author of a commit.

    Raises:
        FlowError: git is not installed, or it failed.
    """
    command = ["git", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=os.environ | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise git_failure(command, root, str(error), "Install git.") from error
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split()) or f"status {done.returncode}"
        raise git_failure(command, root, said, cure)
    return done.stdout.rstrip("\n")


def git_failure(command: list[str], root: Path, found: str, cure: str) -> FlowError:
    """The error for a command of git that failed."""
    return FlowError(
        f"`{' '.join(command[:2])}` must succeed.",
        found=found,
        where=str(root.absolute()),
        next_step=cure,
    )
