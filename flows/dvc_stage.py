"""Run one stage through DVC, in its own process, and say how it went.

DVC decides whether the stage's command must run; here its words are only read. The output goes to
a file that is followed, not to a pipe: should the flow be killed, DVC can still print, finish the
stage and record it.
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

from flows.outcome import StageOutcome

POLL_S = 0.2
BUSY_WAIT_S = 2.0
BUSY_TIMEOUT_S = 12 * 3600.0  # another process may be training
STOP_GRACE_S = 10.0  # for a stage to leave a checkpoint
N_LAST_LINES = 15

# Source: DVC 3.67, `dvc/stage/{__init__,cache,run}.py`, `dvc/rwlock.py`, `dvc/repo/reproduce.py`
UP_TO_DATE = re.compile(r"(?:Stage )?'.+' didn't change, skipping$")
RUN_CACHE = re.compile(r"Stage '.+' is cached - skipping run, checking out outputs$")
RUNNING = re.compile(r"Running stage '.+':$")
BUSY = re.compile(r"ERROR: failed to reproduce '.+': '.+' is busy, it is being blocked by")
FAILED = re.compile(r"ERROR: failed to reproduce '.+?': (?:failed to run: .*, )?(?P<why>.+)$")
CHATTER = re.compile(
    r"(?:Generating|Updating) lock file '|Use `dvc push` to send your updates|"
    r"To track the changes with git, run:|\tgit add |"
    r"To enable auto staging, run:|\tdvc config core\.autostage"
)

Report = Callable[[str], None]


class ProcessGroups:
    """The running stages' process groups, so that none of them outlives the flow.

    Not a dataclass: Prefect copies dataclasses among a task's arguments.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self.stopping = threading.Event()

    @contextmanager
    def start(
        self, command: list[str], *, root: Path, log_path: Path
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command as the leader of its own group and end the group if the flow stops.

        Raises:
            InterruptedError: `stop` was called before.
        """
        with self._lock, log_path.open("wb") as log:
            if self.stopping.is_set():
                raise InterruptedError(f"the flow is stopping; not started: {command[-1]}")
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
        """End every running stage with all its children, and let no other one start."""
        with self._lock:
            self.stopping.set()
            for group in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGTERM)


def run_stage(
    stage: str,
    root: Path,
    groups: ProcessGroups,
    report: Report,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> StageOutcome:
    """Bring one stage up to date with `dvc repro --single-item`.

    While another process runs the same stage, wait for it: its result is then found up to date.
    A failed command is not tried again.

    Args:
        stage: Name, as `dvc repro` takes it.
        root: Folder that holds `.dvc`.
        groups: Where the process is entered while it runs.
        report: Called with each line that DVC and the stage print, without DVC's hints.
        busy_timeout_s: How long to wait for another process that runs the stage, in seconds.
    """
    started_s = time.monotonic()
    while True:
        try:
            return_code, log_path = _repro(stage, root, groups, report)
        except InterruptedError:
            return StageOutcome(stage, "stopped")
        lines = read_lines(log_path)
        elapsed_s = time.monotonic() - started_s
        if groups.stopping.is_set() and return_code != 0:
            return StageOutcome(stage, "stopped", elapsed_s=elapsed_s)
        if return_code == 0 or not is_busy(lines) or elapsed_s > busy_timeout_s:
            break
        log_path.unlink()
        report("another process is at work on this stage; waiting for it")
        groups.stopping.wait(BUSY_WAIT_S)
    outcome = read_outcome(stage, return_code, lines, elapsed_s, log_path)
    if outcome.status != "failed":
        log_path.unlink()
    return outcome


def read_outcome(
    stage: str, return_code: int, lines: list[str], elapsed_s: float, log_path: Path
) -> StageOutcome:
    """Tell from DVC's exit status and output what happened to a stage.

    DVC speaks before the stage does, so its first known sentence counts and nothing that the stage
    prints can be taken for one.
    """
    if return_code != 0:
        return StageOutcome(
            stage, "failed", _why(return_code, lines), elapsed_s, own_last_lines(lines), log_path
        )
    for line in lines:
        if RUNNING.match(line):
            break
        if UP_TO_DATE.match(line):
            return StageOutcome(stage, "cached", "up-to-date", elapsed_s)
        if RUN_CACHE.match(line):
            return StageOutcome(stage, "cached", "run-cache", elapsed_s)
    return StageOutcome(stage, "ran", "", elapsed_s)


def is_busy(lines: list[str]) -> bool:
    """Whether DVC refused, before the command started, because another process runs the stage."""
    for line in lines:
        if RUNNING.match(line):
            return False
        if BUSY.match(line):
            return True
    return False


def own_last_lines(lines: list[str], n_lines: int = N_LAST_LINES) -> tuple[str, ...]:
    """Return the last lines that the stage printed itself; DVC's own, if its command never ran."""
    first = next((i + 1 for i, line in enumerate(lines) if RUNNING.match(line)), 0)
    while 0 < first < len(lines) and lines[first].startswith("> "):
        first += 1
    spoken = [line for line in lines[first:] if line.strip() and not CHATTER.match(line)]
    own = [line for line in spoken if not (first and FAILED.match(line))]
    return tuple(own[-n_lines:])


def read_lines(log_path: Path) -> list[str]:
    """Return the lines of a log; of a line redrawn with carriage returns, the last picture."""
    return [_last_picture(raw) for raw in log_path.read_bytes().split(b"\n")]


def _repro(stage: str, root: Path, groups: ProcessGroups, report: Report) -> tuple[int, Path]:
    """Run `dvc repro` once; return its exit status and the file with its output."""
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item", stage]
    log_path = _new_log(stage, root)
    try:
        with (
            groups.start(command, root=root, log_path=log_path) as process,
            log_path.open("rb") as log,
        ):
            pending = b""
            while True:
                ended = process.poll() is not None
                *complete, pending = (pending + log.read()).split(b"\n")
                for raw in complete:
                    _pass_on(_last_picture(raw), report)
                if ended:
                    break
                time.sleep(POLL_S)
            _pass_on(_last_picture(pending), report)
    except InterruptedError:
        log_path.unlink()
        raise
    return process.returncode, log_path


def _pass_on(line: str, report: Report) -> None:
    """Report a line that tells something."""
    if line.strip() and not CHATTER.match(line) and not RUNNING.match(line):
        report(line)


def _last_picture(raw: bytes) -> str:
    """Decode one line; a progress bar draws over itself, and only its last picture counts."""
    return raw.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace").rstrip()


def _new_log(stage: str, root: Path) -> Path:
    """Make an empty log file of its own: two flows may run the same stage at once."""
    folder = root / ".dvc" / "tmp" / "retrain"
    folder.mkdir(parents=True, exist_ok=True)
    readable = re.sub(r"[^\w@.-]+", "-", stage)
    handle, path = tempfile.mkstemp(prefix=f"{readable}-", suffix=".log", dir=folder)
    os.close(handle)
    return Path(path)


def _environment() -> dict[str, str]:
    """The flow's environment, with its own Python first: dvc.yaml says only `python`."""
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PATH")]))
    # Without it DVC's lines would follow those of the stage, and the stage's come late.
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _why(return_code: int, lines: list[str]) -> str:
    """Why DVC says it failed, without the command line it repeats."""
    if is_busy(lines):
        return (
            "waited too long for the processes below, which hold this stage; "
            "if none of them is DVC, remove .dvc/tmp/rwlock"
        )
    for line in reversed(lines):
        if found := FAILED.match(line):
            return found["why"]
    if return_code < 0:
        return f"killed by {signal.Signals(-return_code).name}"
    return f"dvc exited with {return_code}"


def _end_group(leader: subprocess.Popen[bytes]) -> None:
    """End a process group: politely, then, after a while, not."""
    deadline_s = time.monotonic() + STOP_GRACE_S
    with suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGTERM)
        while time.monotonic() < deadline_s:
            leader.poll()  # collected, or it would count as a living member of its group
            os.killpg(leader.pid, 0)
            time.sleep(POLL_S / 4)
        os.killpg(leader.pid, signal.SIGKILL)
