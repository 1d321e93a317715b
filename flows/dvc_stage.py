"""Run one stage with DVC, in its own process.

DVC decides whether the command of the stage must run. The output goes to a file and not to a pipe:
if the flow is killed, DVC can still print, finish the stage and record it.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from flows.busy_stage import describe_strangers, read_holders, strangers
from flows.dvc_forks import DvcFork
from flows.dvc_output import is_busy, read_lines, read_outcome
from flows.outcome import StageOutcome
from flows.stage_log import LineCallback, follow, new_log
from flows.stage_processes import StageProcesses

POLL_S = 0.05
BUSY_WAIT_S = 2.0
BUSY_REMINDER_S = 300.0


@dataclass(frozen=True)
class Patience:
    """How long the flow waits for a stage.

    Attributes:
        timeout_s: Longest run of the stage, in seconds; then it is ended. None is no limit.
        silence_s: Time without a line of output after which a warning is logged, in seconds.
        busy_s: Longest wait for another process that runs the stage, in seconds.
    """

    timeout_s: float | None = 6 * 3600.0  # the longest stage but training takes minutes
    silence_s: float = 600.0
    busy_s: float = 12 * 3600.0  # another process may train for hours


def run_stage(
    stage: str, processes: StageProcesses, report: LineCallback, patience: Patience
) -> StageOutcome:
    """Bring one stage up to date with `dvc repro --single-item`.

    If another process runs the same stage, wait for it; the stage is then up to date. A failed
    command is not repeated.

    Args:
        stage: Name of the stage, as `dvc repro` takes it.
        processes: Registry of running processes.
        report: Function that receives each line of output, without DVC's hints.
        patience: Limits of time.
    """
    started_s = time.monotonic()
    reminded_s = float("-inf")
    while True:
        log_path = new_log(stage, processes.root)
        try:
            return_code, limit = _repro(stage, processes, report, log_path, patience)
        except InterruptedError:
            log_path.unlink()
            return StageOutcome(stage, "stopped")
        lines = read_lines(log_path)
        elapsed_s = time.monotonic() - started_s
        if processes.stopping.is_set() and return_code != 0:
            return StageOutcome(stage, "stopped", elapsed_s=elapsed_s)
        busy = return_code != 0 and is_busy(lines)
        holders = read_holders(lines) if busy else {}
        if not busy or strangers(holders) or elapsed_s > patience.busy_s:
            break
        log_path.unlink()
        if elapsed_s - reminded_s > BUSY_REMINDER_S:
            reminded_s = elapsed_s
            report(f"another process runs this stage; waiting for it: {_named(holders)}")
        processes.stopping.wait(BUSY_WAIT_S)
    outcome = read_outcome(stage, return_code, lines, elapsed_s, log_path)
    if outcome.status != "failed":
        log_path.unlink()
    elif limit or strangers(holders):
        return replace(outcome, detail=limit or describe_strangers(strangers(holders)))
    return outcome


def _repro(
    stage: str,
    processes: StageProcesses,
    report: LineCallback,
    log_path: Path,
    patience: Patience,
) -> tuple[int, str]:
    """Run `dvc repro` once; return its exit status, and the broken limit of time or nothing."""
    arguments = ["--wait-for-lock", "repro", "--single-item", stage]
    with processes.start(arguments, log_path) as process:
        limit = _watch(process, report, log_path, patience)
    return process.return_code, limit


def _watch(process: DvcFork, report: LineCallback, log_path: Path, patience: Patience) -> str:
    """Report the lines of a stage until it ends or breaks its limit; return the broken limit."""
    started_s = time.monotonic()
    spoke_s, silence_s = started_s, patience.silence_s
    for line in follow(log_path, process.ended.is_set):
        now_s = time.monotonic()
        if line is not None:
            report(line)
            spoke_s, silence_s = now_s, patience.silence_s
            continue
        if patience.timeout_s is not None and now_s - started_s > patience.timeout_s:
            return (
                f"did not end within {_duration(patience.timeout_s)}, and was ended"
                " (dvc.yaml: `meta: timeout_minutes`)"
            )
        if now_s - spoke_s > silence_s:
            report(f"WARNING: no line of output for {_duration(silence_s)}")
            silence_s *= 2
        process.ended.wait(POLL_S)
    return ""


def _duration(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} s"


def _named(holders: dict[int, str]) -> str:
    return ", ".join(f"PID {pid} `{command}`" for pid, command in holders.items())
