"""Outcome of a stage, and its text forms: one line, a table, the last lines of a failure."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tasks.core.errors import LunglineError

Status = Literal["ran", "cached", "failed", "stopped", "not run", "refused"]
# Source: Prefect 3.8, `log_finished_message` of its task and flow engines.
STATE_MESSAGE = re.compile(
    r"Finished in state (?P<name>\w+)\((?P<quote>['\"])(?P<message>.*?)(?:\\n|(?P=quote))"
)


@dataclass(frozen=True)
class StageOutcome:
    """Outcome of one stage.

    Attributes:
        stage: Name of the stage, as `dvc repro` takes it.
        status: `ran`: its command ran. `cached`: DVC did not run it. `failed`. `stopped`: the flow
            stopped it. `not run`: a stage before it failed. `refused`: the gate did its work and
            did not let the release pass; that is no failure.
        detail: `up-to-date` or `run-cache` if cached; the reason in DVC's words if failed; the
            failed stage before it if not run.
        elapsed_s: Wall time of the DVC process, in seconds; 0.0 if no process was needed.
        last_lines: Last lines that a failed stage printed.
        log_path: File under `.dvc/tmp` with the whole output of a failed stage.
    """

    stage: str
    status: Status
    detail: str = ""
    elapsed_s: float = 0.0
    last_lines: tuple[str, ...] = ()
    log_path: Path | None = None


@dataclass(frozen=True)
class RunResult:
    """What one run did.

    Attributes:
        root: Folder that holds `.dvc`.
        outcomes: Outcome of each stage, in the order of the graph.
        why: For each stage that had to run, the reason in words.
    """

    root: Path
    outcomes: list[StageOutcome]
    why: Mapping[str, str] = field(default_factory=dict)

    @property
    def failures(self) -> list[StageOutcome]:
        """Stages that failed; the run succeeded if there is none."""
        return [outcome for outcome in self.outcomes if outcome.status == "failed"]

    @property
    def is_refused(self) -> bool:
        """Whether the gate refused the release: the version in use stays."""
        return any(outcome.status == "refused" for outcome in self.outcomes)

    def message(self) -> str:
        """Counts of the outcomes, then the last lines of each failed stage."""
        texts = [describe_failure(outcome) for outcome in self.failures]
        return "\n\n".join([count_outcomes(self.outcomes), *texts])


def state_words(outcome: StageOutcome) -> tuple[str, str]:
    """Return the name of the state that shows an outcome, and its message."""
    return {
        "ran": ("Ran", f"{outcome.detail} {outcome.elapsed_s:.1f} s".strip()),
        "refused": ("Refused", outcome.detail),
        "cached": ("Cached", outcome.detail),
        "failed": ("Failed", describe_failure(outcome)),
        "stopped": ("Cancelled", "stopped with the flow"),
        "not run": ("NotRun", f"{outcome.detail} failed before it"),
    }[outcome.status]


def describe_failure(outcome: StageOutcome) -> str:
    """Describe a failure: the stage, the reason, the last lines and the file with all lines."""
    lines = [f"{outcome.stage} failed: {outcome.detail}", *outcome.last_lines]
    if outcome.log_path is not None:
        lines.append(f"(whole output: {'/'.join(outcome.log_path.parts[-4:])})")
    return "\n".join(lines)


def count_outcomes(outcomes: list[StageOutcome]) -> str:
    """Count the stages by status, such as `2 ran, 3 cached`."""
    statuses = [outcome.status for outcome in outcomes]
    return ", ".join(f"{statuses.count(s)} {s}" for s in dict.fromkeys(statuses)) or "no stages"


def table_rows(outcomes: list[StageOutcome], why: Mapping[str, str]) -> list[dict[str, str]]:
    """Return one row per stage: `stage`, `outcome`, `seconds`, `why`."""
    return [
        {
            "stage": outcome.stage,
            "outcome": f"cached {outcome.detail}" if outcome.status == "cached" else outcome.status,
            "seconds": f"{outcome.elapsed_s:.1f}" if outcome.elapsed_s else "-",
            "why": why.get(outcome.stage, ""),
        }
        for outcome in outcomes
    ]


def format_table(rows: list[dict[str, str]]) -> str:
    """Format rows of `table_rows` as aligned columns with a header."""
    table = [dict(zip(rows[0], rows[0], strict=True)), *rows]
    stage_width = max(len(row["stage"]) for row in table)
    outcome_width = max(len(row["outcome"]) for row in table)
    return "\n".join(
        f"{row['stage']:{stage_width}}  {row['outcome']:{outcome_width}}  {row['seconds']:>7}"
        f"  {row['why']}".rstrip()
        for row in table
    )


def shorten_state_message(record: logging.LogRecord) -> bool:
    """Shorten Prefect's log of a state to its name and first line; the rest is logged before.

    An expected error is logged as its message, without a traceback.

    A `logging` filter: it returns whether to log the record.
    """
    text = record.getMessage()
    if record.exc_info and isinstance(record.exc_info[1], LunglineError):
        record.msg, record.args, record.exc_info = str(record.exc_info[1]), (), None
    if found := STATE_MESSAGE.match(text):
        record.msg, record.args = f"{found['name']}: {found['message']}", ()
    return not text.startswith("Task run failed with state: ")
