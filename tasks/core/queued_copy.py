"""Whether the copies in which `dvc exp run --queue` runs hold the films.

Each queued experiment runs in a clone below `.dvc/tmp/exps`, without the files that git ignores.
Source: DVC 3.67, `dvc/repo/experiments/executor/local.py`; DVC issue 10744.
"""

import subprocess
from pathlib import Path

from tasks.core import paths
from tasks.core.preflight import pointer_of_dvc


def missing_in_queue(source: str) -> str | None:
    """Say why queued experiments would not find the films; None if they do, or without git.

    Args:
        source: `ingest.source`: a folder, a file or a URL. Runs in the repository root.

    Example:
        >>> missing_in_queue("s3://films/chest_xray") is None
        True
        >>> missing_in_queue("data/phantom/kaggle") is None
        True
    """
    path = Path(source)
    if "://" in source or path.is_absolute() or path.is_relative_to(paths.PHANTOM):
        return None  # the copies draw the phantom themselves
    if pointer_of_dvc(path, Path()) is not None:
        return None
    if ".." not in path.parts and not _is_ignored(source):
        return None
    return (
        f"`dvc exp run --queue` would not find {source}: its copies hold no file that git ignores;"
        f" set ingest.source to {path.absolute()}"
    ) + ("" if ".." in path.parts else f", or type `dvc add '{source}'`")


def _is_ignored(source: str) -> bool:
    command = ["git", "check-ignore", "--quiet", "--", source]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:  # git is not installed
        return False
