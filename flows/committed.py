"""Files as the last commit has them."""

import subprocess
from pathlib import Path


def committed_text(root: Path, name: Path) -> str:
    """Text of a file in the last commit; empty if it is not there.

    Args:
        root: A folder of the repository.
        name: The file, relative to it.
    """
    command = ["git", "show", f"HEAD:./{name.as_posix()}"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""
