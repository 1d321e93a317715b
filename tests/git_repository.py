"""A git repository of a test, apart from the settings of this machine."""

import os
import subprocess
from pathlib import Path

AUTHOR = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Tester"), ("EMAIL", "test@example.org"))
    },
}


def git(root: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints; the command must succeed."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env=os.environ | AUTHOR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def new_commit(root: Path, message: str = "next") -> str:
    """Commit all files, also if nothing changed, and return the commit."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(root, "rev-parse", "HEAD")
