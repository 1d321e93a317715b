"""Files under `.dvc/tmp/retrain` with the output of stages; those of failures are kept a while."""

import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from flows.dvc_output import is_output, last_state

LOGS = Path(".dvc", "tmp", "retrain")
N_KEPT_LOGS = 20  # of failures; a stage that succeeds leaves none
_LOCK_FREE_S = 60.0  # a younger log may belong to a stage of another flow that just began

LineCallback = Callable[[str], None]


def new_log(stage: str, root: Path) -> Path:
    """Make a new empty log file, because two flows may run the same stage at the same time."""
    folder = root / LOGS
    folder.mkdir(parents=True, exist_ok=True)
    readable = re.sub(r"[^\w@.-]+", "-", stage)
    handle, path = tempfile.mkstemp(prefix=f"{readable}-", suffix=".log", dir=folder)
    os.close(handle)
    return Path(path)


def remove_old_logs(root: Path) -> None:
    """Remove all logs but the N_KEPT_LOGS newest."""
    oldest_s = time.time() - _LOCK_FREE_S
    aged = []
    for path in (root / LOGS).glob("*.log"):
        with suppress(FileNotFoundError):  # another flow removed it
            aged.append((path.stat().st_mtime, path))
    for modified_s, path in sorted(aged)[:-N_KEPT_LOGS]:
        if modified_s < oldest_s:
            path.unlink(missing_ok=True)


def follow(log_path: Path, has_ended: Callable[[], bool]) -> Iterator[str | None]:
    """Yield each line of a log that grows, without DVC's messages; None when there is none yet.

    The last lines are read after `has_ended` is true.
    """
    with log_path.open("rb") as log:
        pending = b""
        while True:
            ended = has_ended()
            *complete, pending = (pending + log.read()).split(b"\n")
            if ended:
                complete.append(pending)
            yield from filter(is_output, map(last_state, complete))
            if ended:
                return
            yield None
