"""A lock that one process holds; the kernel frees it at the moment the process ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tasks.core.errors import LunglineError


@contextmanager
def exclusive_lock(
    path: Path, rule: str, where: Path, next_step: str, kind: type[LunglineError]
) -> Iterator[None]:
    """Hold the lock of a file.

    Args:
        path: The file; it is made.
        rule: What the lock is for, as a rule.
        where: What the lock guards.
        next_step: What to do if another process holds it.
        kind: The error to raise then.

    Raises:
        LunglineError: Another process holds it, or the file cannot be made.
    """
    with _opened(path, kind) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise kind(
                rule, found="another one holds the lock", where=str(where), next_step=next_step
            ) from error
        yield


def _opened(path: Path, kind: type[LunglineError]) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w")
    except OSError as error:
        raise kind(
            "the folder of a lock must be one that can be written",
            found=error.strerror or str(error),
            where=str(path.parent),
            next_step="name another folder, free some space, or correct the rights",
        ) from error
