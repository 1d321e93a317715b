"""Start DVC processes through the program `dvc_fork_server`, and wait for their ends."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from flows import dvc_fork_server

SERVER_LOST = -signal.SIGKILL  # exit status of a stage whose end nobody reports any more


class DvcFork:
    """One DVC process in its own session; its number is also that of its group.

    Attributes:
        pid: Number of the process.
        ended: Set when it has ended.
        return_code: Exit status, negative for a signal.
        server_lost: Whether the program that starts DVC has ended, so that nobody knows the status.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.server_lost = False
        self.ended = threading.Event()
        self.return_code: int = SERVER_LOST

    def end(self, return_code: int) -> None:
        """Note the exit status; negative for a signal."""
        self.return_code = return_code
        self.ended.set()


class DvcForks:
    """Starts DVC processes; the program behind it starts with the first one.

    Args:
        root: Folder in which DVC runs.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._answers: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._forks: dict[int, DvcFork] = {}

    def start(self, arguments: list[str], log_path: Path) -> DvcFork:
        """Start `dvc` with these arguments; its output is appended to the file `log_path`.

        Raises:
            ChildProcessError: The program that starts DVC has ended.
        """
        request = {"arguments": arguments, "log": str(log_path)}
        with self._lock:
            server = self._running_server()
            requests = cast("IO[bytes]", server.stdin)
            with suppress(BrokenPipeError):
                requests.write(json.dumps(request).encode() + b"\n")
                requests.flush()
            pid = self._answers.get()
            if pid == 0:
                _end(server)
                raise ChildProcessError("the program that starts DVC has ended")
            return self._forks[pid]

    @property
    def server_pid(self) -> int:
        """Number of the program; 0 if it does not run."""
        return 0 if self._server is None else self._server.pid

    def close(self) -> None:
        """End the program; DVC processes that still run are not touched."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            _end(server)
        if self._listener is not None:
            self._listener.join()

    def _running_server(self) -> subprocess.Popen[bytes]:
        if self._server is None or self._server.poll() is not None:
            if self._server is not None:
                _end(self._server)
            self._answers = queue.SimpleQueue()
            self._server = subprocess.Popen(
                # -P: the folder of the program must not become a place for imports
                [sys.executable, "-P", dvc_fork_server.__file__],
                cwd=self._root,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C in a terminal ends the flow, and the flow ends DVC
            )
            self._listener = threading.Thread(
                target=self._listen, args=(self._server, self._answers), daemon=True
            )
            self._listener.start()
        return self._server

    def _listen(self, server: subprocess.Popen[bytes], answers: queue.SimpleQueue[int]) -> None:
        """Take the messages of the program until it ends."""
        forks: dict[int, DvcFork] = {}
        with cast("IO[bytes]", server.stdout) as messages:
            for message in map(json.loads, messages):
                if "pid" in message:
                    pid = message["pid"]
                    forks[pid] = self._forks[pid] = DvcFork(pid)
                    answers.put(pid)
                else:
                    forks.pop(message["ended"]).end(message["code"])
        for fork in forks.values():
            fork.server_lost = True
            fork.ended.set()
        answers.put(0)


def _end(server: subprocess.Popen[bytes]) -> None:
    """Close the requests of the program, at which it ends."""
    with suppress(BrokenPipeError):
        cast("IO[bytes]", server.stdin).close()
    server.wait()


def _environment() -> dict[str, str]:
    """Return the environment with this Python first on PATH, because dvc.yaml runs `python`."""
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PATH")]))
    # Unbuffered, so that the lines of DVC and of the stage arrive at once and in order
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}
