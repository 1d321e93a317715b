"""One promotion at a time in a repository with all its working trees."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.dag import FlowError
from flows.git_command import run_git
from tasks.core.champion import ARTIFACT
from tasks.core.exclusive_lock import exclusive_lock

_LOCK_NAME = "lungline-publish.lock"
# git and GTO hold the lock of a tag for milliseconds; an older one belongs to a killed process
_TAG_LOCK_S = 2.0


@contextmanager
def only_promotion(root: Path) -> Iterator[None]:
    """Hold the lock of the repository; the end of the process gives it back in any case.

    Raises:
        FlowError: Another promotion or rollback runs.
    """
    shared = Path(run_git(root, "rev-parse", "--path-format=absolute", "--git-common-dir"))
    path = shared / _LOCK_NAME
    rule = "One promotion or rollback runs at a time."
    next_step = "Wait for it to end, and type the command again."
    with exclusive_lock(path, rule, path, next_step, FlowError):
        _remove_locks_of_tags(shared)
        yield


def _remove_locks_of_tags(shared: Path) -> None:
    """Remove what a promotion that was killed while it wrote a tag has left."""
    for lock in (shared / "refs/tags").glob(f"{ARTIFACT}*.lock"):
        with suppress(FileNotFoundError):  # it was in use, and is gone
            time.sleep(max(0.0, _TAG_LOCK_S - (time.time() - lock.stat().st_mtime)))
            lock.unlink()
