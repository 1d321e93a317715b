"""A lock that one process holds; the kernel frees it at the moment the process ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
        LunglineError: Another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise kind(
                rule, found="another one holds the lock", where=str(where), next_step=next_step
            ) from error
        yield
