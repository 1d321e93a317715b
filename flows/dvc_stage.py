"""Run one stage with DVC, in its own process.

DVC decides whether the command of the stage must run. The output goes to a file and not to a pipe:
if the flow is killed, DVC can still print, finish the stage and record it.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.dvc_output import is_busy, is_output, last_state, read_lines, read_outcome
from flows.outcome import StageOutcome

POLL_S = 0.2
BUSY_WAIT_S = 2.0
BUSY_TIMEOUT_S = 12 * 3600.0  # another process may train for hours
STOP_GRACE_S = 10.0  # time for a stage to write a checkpoint

LineCallback = Callable[[str], None]


class StageProcesses:
    """Process groups of the running stages; the flow ends them when it stops.

    This is no dataclass, because Prefect copies a dataclass that is an argument of a task.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self.stopping = threading.Event()

    @contextmanager
    def start(
        self, command: list[str], *, root: Path, log_path: Path
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command in its own process group; end the group if the flow stops.

        Args:
            command: Program and its arguments.
            root: Working folder of the command.
            log_path: File that receives stdout and stderr.

        Raises:
            InterruptedError: `stop` was called before.
        """
        with self._lock, log_path.open("wb") as log:
            if self.stopping.is_set():
                raise InterruptedError(f"the flow is stopping and did not start {command[-1]}")
            process = subprocess.Popen(
                command,
                cwd=root,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process.pid)
        try:
            yield process
        finally:
            if process.poll() is None or self.stopping.is_set():
                _end_group(process)
            process.wait()
            with self._lock:
                self._running.discard(process.pid)

    def stop(self) -> None:
        """End every running stage with all its children, and start no other stage."""
        with self._lock:
            self.stopping.set()
            for group in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGTERM)


def run_stage(
    stage: str,
    root: Path,
    processes: StageProcesses,
    report: LineCallback,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> StageOutcome:
    """Bring one stage up to date with `dvc repro --single-item`.

    If another process runs the same stage, wait for it; the stage is then up to date. A failed
    command is not repeated.

    Args:
        stage: Name of the stage, as `dvc repro` takes it.
        root: Folder that holds `.dvc`.
        processes: Registry of running processes.
        report: Function that receives each line of output, without DVC's hints.
        busy_timeout_s: Longest wait for another process that runs the stage, in seconds.
    """
    started_s = time.monotonic()
    while True:
        try:
            return_code, log_path = _repro(stage, root, processes, report)
        except InterruptedError:
            return StageOutcome(stage, "stopped")
        lines = read_lines(log_path)
        elapsed_s = time.monotonic() - started_s
        if processes.stopping.is_set() and return_code != 0:
            return StageOutcome(stage, "stopped", elapsed_s=elapsed_s)
        if return_code == 0 or not is_busy(lines) or elapsed_s > busy_timeout_s:
            break
        log_path.unlink()
        report("another process runs this stage; waiting for it")
        processes.stopping.wait(BUSY_WAIT_S)
    outcome = read_outcome(stage, return_code, lines, elapsed_s, log_path)
    if outcome.status != "failed":
        log_path.unlink()
    return outcome


def _repro(
    stage: str, root: Path, processes: StageProcesses, report: LineCallback
) -> tuple[int, Path]:
    """Run `dvc repro` once; return its exit status and the file with its output."""
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item", stage]
    log_path = _new_log(stage, root)
    try:
        with (
            processes.start(command, root=root, log_path=log_path) as process,
            log_path.open("rb") as log,
        ):
            pending = b""
            while True:
                ended = process.poll() is not None
                *complete, pending = (pending + log.read()).split(b"\n")
                for raw in complete:
                    _pass_on(last_state(raw), report)
                if ended:
                    break
                time.sleep(POLL_S)
            _pass_on(last_state(pending), report)
    except InterruptedError:
        log_path.unlink()
        raise
    return process.returncode, log_path


def _pass_on(line: str, report: LineCallback) -> None:
    """Report a line that is neither empty nor a message or hint of DVC."""
    if is_output(line):
        report(line)


def _new_log(stage: str, root: Path) -> Path:
    """Make a new empty log file, because two flows may run the same stage at the same time."""
    folder = root / ".dvc" / "tmp" / "retrain"
    folder.mkdir(parents=True, exist_ok=True)
    readable = re.sub(r"[^\w@.-]+", "-", stage)
    handle, path = tempfile.mkstemp(prefix=f"{readable}-", suffix=".log", dir=folder)
    os.close(handle)
    return Path(path)


def _environment() -> dict[str, str]:
    """Return the environment with this Python first on PATH, because dvc.yaml runs `python`."""
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PATH")]))
    # Unbuffered, so that the lines of DVC and of the stage arrive at once and in order
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _end_group(leader: subprocess.Popen[bytes]) -> None:
    """End a process group with SIGTERM, and after STOP_GRACE_S with SIGKILL."""
    deadline_s = time.monotonic() + STOP_GRACE_S
    with suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGTERM)
        while time.monotonic() < deadline_s:
            leader.poll()  # collect the leader, or it still counts as a member of its group
            os.killpg(leader.pid, 0)
            time.sleep(POLL_S / 4)
        os.killpg(leader.pid, signal.SIGKILL)
