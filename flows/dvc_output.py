"""Read the outcome of a stage from what `dvc repro` prints."""

import re
import signal
from pathlib import Path

from flows.busy_stage import HOLDER
from flows.outcome import StageOutcome

N_LAST_LINES = 15

# Source: DVC 3.67, `dvc/stage/{__init__,cache,run}.py`, `dvc/rwlock.py`, `dvc/repo/reproduce.py`
UP_TO_DATE = re.compile(r"(?:Stage )?'.+' didn't change, skipping$")
RUN_CACHE = re.compile(r"Stage '.+' is cached - skipping run, checking out outputs$")
RUNNING = re.compile(r"Running stage '.+':$")
BUSY = re.compile(r"ERROR: failed to reproduce '.+': '.+' is busy, it is being blocked by")
BUSY_ADVICE = re.compile(r"If there are no processes with such PIDs, you can manually remove '")
FAILED = re.compile(r"ERROR: failed to reproduce '.+?': (?:failed to run: .*, )?(?P<why>.+)$")
SIGNAL = re.compile(r"exited with -(?P<number>\d+)$")
DVC_HINT = re.compile(
    r"(?:Generating|Updating) lock file '|Use `dvc push` to send your updates|"
    r"To track the changes with git, run:|\tgit add |"
    r"To enable auto staging, run:|\tdvc config core\.autostage"
)


def read_outcome(
    stage: str, return_code: int, lines: list[str], elapsed_s: float, log_path: Path
) -> StageOutcome:
    """Derive the outcome of a stage from DVC's exit status and output.

    DVC prints before the stage does. The first known message counts, so the output of the stage
    cannot be mistaken for a message of DVC.
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
    """Whether DVC did not start the command because another process runs the stage."""
    for line in lines:
        if RUNNING.match(line):
            return False
        if BUSY.match(line):
            return True
    return False


def own_last_lines(lines: list[str], n_lines: int = N_LAST_LINES) -> tuple[str, ...]:
    """Return the last lines that the stage printed; those of DVC if the command never started."""
    first = next((i + 1 for i, line in enumerate(lines) if RUNNING.match(line)), 0)
    while 0 < first < len(lines) and lines[first].startswith("> "):
        first += 1
    printed = [line for line in lines[first:] if line.strip() and not DVC_HINT.match(line)]
    own = [line for line in printed if not (first and FAILED.match(line))]
    return tuple(own[-n_lines:])


def read_lines(log_path: Path) -> list[str]:
    """Return the lines of a log; of a redrawn progress bar, only the last state."""
    return [last_state(raw) for raw in log_path.read_bytes().split(b"\n")]


def is_output(line: str) -> bool:
    """Whether a line is neither empty nor an announcement or a hint of DVC.

    Of a busy stage, the flow itself says for whom it waits; DVC's advice to remove the file of its
    locks would be wrong meanwhile.
    """
    of_dvc = (DVC_HINT, RUNNING, BUSY, HOLDER, BUSY_ADVICE)
    return bool(line.strip()) and not any(pattern.match(line) for pattern in of_dvc)


def last_state(raw: bytes) -> str:
    """Decode one line; of a redrawn progress bar, keep the text after the last carriage return."""
    return raw.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace").rstrip()


def _why(return_code: int, lines: list[str]) -> str:
    """Return the reason of a failure in DVC's words, without the command line."""
    if is_busy(lines):
        return (
            "waited too long for the processes below, which lock this stage; "
            "if none of them is DVC, remove .dvc/tmp/rwlock"
        )
    for line in reversed(lines):
        if found := FAILED.match(line):
            return SIGNAL.sub(lambda code: _killed(int(code["number"])), found["why"])
    if return_code < 0:
        return _killed(-return_code)
    return f"dvc exited with {return_code}"


def _killed(number: int) -> str:
    return f"killed by {signal.Signals(number).name}"
