"""Run a program of a room in a process of its own, and hand on what it prints."""

import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_N_LAST = 20  # lines of a failure
_GRACE_S = 3.0  # from SIGTERM to SIGKILL: Ctrl-C promises an end in 5 s


@dataclass(frozen=True)
class RoomOutcome:
    """How a program ended: its exit code and the last lines that it printed."""

    exit_code: int
    last_lines: tuple[str, ...]


def run_room(
    module: str, arguments: Sequence[str], root: Path, report: Callable[[str], None]
) -> RoomOutcome:
    """Run `python -m MODULE`; when the flow is stopped, the program is stopped.

    The program has a session of its own, so that Ctrl-C reaches the flow only. If the flow is
    killed, the kernel ends the program, see `tasks.core.stage.end_with_parent`.

    Args:
        module: For example `tasks.monitor`.
        arguments: Of the command line.
        root: Working folder.
        report: Receives each line that the program prints.
    """
    last: deque[str] = deque(maxlen=_N_LAST)
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            for line in process.stdout or ():
                last.append(line.rstrip())
                report(last[-1])
            return RoomOutcome(process.wait(), tuple(last))
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """End the program if it still runs; it has ended when this returns."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
