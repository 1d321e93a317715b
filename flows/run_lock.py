"""One unattended run of a project at a time, held by a lock of the operating system.

Prefect's own limit of a deployment is not used: it is a lease, which blocks new runs for five
minutes after a worker was killed, and ends a training whose lease the server forgot when it was
started again (Prefect 3.8, `prefect.concurrency._leases`). The kernel frees this lock at the moment
its process dies.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flows.project_name import state_file

LOCK_PATIENCE_S = 1.0  # `running_run` holds the lock for a moment


@contextmanager
def unattended_run(root: Path, run_id: str) -> Iterator[str | None]:
    """Hold the lock of the project for one run.

    Args:
        root: Folder that holds `.dvc`; all unattended runs of the project name the same.
        run_id: Number of this Prefect run.

    Yields:
        None if this run has the lock, else the number of the run that has it.
    """
    with state_file(root, "run.lock").open("a+") as file:
        if not _locks(file):
            file.seek(0)
            yield file.read() or "unknown"
            return
        file.truncate(0)
        file.write(run_id)
        file.flush()
        yield None


def running_run(root: Path) -> str | None:
    """Return the number of the unattended run in progress; None if there is none."""
    with state_file(root, "run.lock").open("a+") as file:
        if _locks(file, patience_s=0):
            return None
        file.seek(0)
        return file.read() or "unknown"


def _locks(file: IO[str], patience_s: float = LOCK_PATIENCE_S) -> bool:
    """Take the lock of a file, until it is closed; return False if another process keeps it."""
    deadline_s = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline_s:
                return False
            time.sleep(LOCK_PATIENCE_S / 10)
        else:
            return True
