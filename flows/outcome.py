"""Outcome of a stage, and its text forms: one line, a table, the last lines of a failure."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Status = Literal["ran", "cached", "failed", "stopped", "not run"]
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
            stopped it. `not run`: a stage before it failed.
        detail: `up-to-date` or `run-cache` if cached; the reason in DVC's words if failed.
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


def describe_failure(outcome: StageOutcome, root: Path) -> str:
    """Describe a failure: the stage, the reason, the last lines and the file with all lines."""
    lines = [f"{outcome.stage} failed: {outcome.detail}", *outcome.last_lines]
    if outcome.log_path is not None:
        lines.append(f"(whole output: {outcome.log_path.relative_to(root)})")
    return "\n".join(lines)


def count_outcomes(outcomes: list[StageOutcome]) -> str:
    """Count the stages by status, such as `2 ran, 3 cached`."""
    statuses = [outcome.status for outcome in outcomes]
    return ", ".join(f"{statuses.count(s)} {s}" for s in dict.fromkeys(statuses)) or "no stages"


def table_rows(outcomes: list[StageOutcome]) -> list[dict[str, str]]:
    """Return one row per stage: `stage`, `outcome`, `seconds`."""
    return [
        {
            "stage": outcome.stage,
            "outcome": f"cached {outcome.detail}" if outcome.status == "cached" else outcome.status,
            "seconds": f"{outcome.elapsed_s:.1f}" if outcome.elapsed_s else "-",
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
        for row in table
    )


def shorten_state_message(record: logging.LogRecord) -> bool:
    """Shorten Prefect's log of a state to its name and first line; the rest is logged before.

    A `logging` filter: it returns whether to log the record.
    """
    text = record.getMessage()
    if found := STATE_MESSAGE.match(text):
        record.msg, record.args = f"{found['name']}: {found['message']}", ()
    return not text.startswith("Task run failed with state: ")
