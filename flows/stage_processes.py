"""The DVC processes of the running stages, each with all its children, and how they are ended."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.dvc_forks import DvcFork, DvcForks

STOP_GRACE_S = 2.0  # then SIGKILL: Ctrl-C promises an end in 5 s; checkpoints are atomic
_POLL_S = 0.05


class StageProcesses:
    """Process groups of the running stages; the flow ends them when it stops.

    Args:
        root: Folder that holds `.dvc`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.stopping = threading.Event()
        self._forks = DvcForks(root)
        self._lock = threading.Lock()
        self._running: set[int] = set()

    @contextmanager
    def start(self, arguments: list[str], log_path: Path) -> Iterator[DvcFork]:
        """Start `dvc` in its own process group; end the group if the flow stops.

        Args:
            arguments: Arguments of `dvc`.
            log_path: Existing file that receives stdout and stderr.

        Raises:
            InterruptedError: `stop` was called before.
            ChildProcessError: DVC could not be started.
        """
        with self._lock:
            if self.stopping.is_set():
                raise InterruptedError(f"the flow is stopping and did not start {arguments[-1]}")
            fork = self._forks.start(arguments, log_path)
            self._running.add(fork.pid)
        try:
            yield fork
        finally:
            if not fork.ended.is_set() or self.stopping.is_set() or fork.server_lost:
                end_group(fork.pid)
            fork.ended.wait()
            with self._lock:
                self._running.discard(fork.pid)

    def stop(self) -> None:
        """End every running stage with all its children, and start no other stage."""
        with self._lock:
            self.stopping.set()
            for group in self._running:
                with suppress(ProcessLookupError):
                    _terminate(group)

    @property
    def starter_pid(self) -> int:
        """Number of the program that starts DVC; 0 before the first stage."""
        return self._forks.server_pid

    def close(self) -> None:
        """End the program that starts DVC."""
        self._forks.close()


def end_group(group: int) -> None:
    """End a process group with SIGTERM, and after STOP_GRACE_S with SIGKILL."""
    deadline_s = time.monotonic() + STOP_GRACE_S
    with suppress(ProcessLookupError):
        _terminate(group)
        while time.monotonic() < deadline_s:
            os.killpg(group, 0)
            time.sleep(_POLL_S)
        os.killpg(group, signal.SIGKILL)


def _terminate(group: int) -> None:
    """Send SIGTERM; SIGCONT lets a stopped process take it."""
    os.killpg(group, signal.SIGTERM)
    os.killpg(group, signal.SIGCONT)
