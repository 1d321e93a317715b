"""One service for one state folder: two would score the same films."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.core.errors import ScreeningError
from tasks.screen.serve.state_database import make_private


@contextmanager
def only_instance(folder: Path) -> Iterator[None]:
    """Hold the state folder; the system lets it go when the process ends, even by `kill -9`.

    Raises:
        ScreeningError: Another service holds it; the message names that process.
    """
    make_private(folder)
    with (folder / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise ScreeningError(
                "a state folder belongs to one running service",
                found=f"process {file.read().strip() or 'unknown'} uses it",
                where=str(folder),
                next_step="stop that process, or start this one with another --state FOLDER",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
