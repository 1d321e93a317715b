"""dvc.lock while DVC writes it, and after a stop that cut it off.

DVC writes the file in place, which takes it seconds on a loaded machine. A reader may meet a part
of it; a stop or a full disk in that moment leaves the part for good.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from flows.committed import committed_text
from flows.run_story.lock_file import LOCK_FILE
from tasks.core.atomic import write_text
from tasks.core.errors import LunglineError

LONGEST_WRITE_S = 10.0  # more than DVC takes to write the file
_PAUSE_S = 0.2
_EMPTY = "schema: '2.0'\nstages: {}\n"  # as before the first run

_Found = TypeVar("_Found")


def read_when_whole(root: Path, read: Callable[[], _Found]) -> _Found:
    """Read a project, again and again while dvc.lock is not whole.

    Args:
        root: Folder of dvc.lock.
        read: The reading.

    Raises:
        LunglineError: It fails for another reason, or for too long.
    """
    end_s = time.monotonic() + LONGEST_WRITE_S
    while True:
        try:
            return read()
        except LunglineError as error:
            is_cut = LOCK_FILE.name in error.found or not is_whole(root)
            if not is_cut or time.monotonic() > end_s:
                raise
        time.sleep(_PAUSE_S)


def mend_dvc_lock(root: Path) -> bool:
    """Put the committed dvc.lock in the place of one that is cut off; return whether it was.

    What finished since that commit is not lost: DVC finds it in its run cache.

    Args:
        root: Folder of dvc.lock.
    """
    end_s = time.monotonic() + LONGEST_WRITE_S
    while not is_whole(root):
        if time.monotonic() > end_s:
            write_text(root / LOCK_FILE, committed_text(root, LOCK_FILE) or _EMPTY)
            return True
        time.sleep(_PAUSE_S)
    return False


def is_whole(root: Path) -> bool:
    """Whether dvc.lock can be read; without the file, no stage is recorded."""
    try:
        text = (root / LOCK_FILE).read_bytes()
    except OSError:  # none yet, or one that DVC cannot read either, and says so
        return True
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = yaml.load(text, loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        return False
    return isinstance(found, dict) and "schema" in found
