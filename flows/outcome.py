"""How a stage went, and how that is told: one line, a table, a failure's last words."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Status = Literal["ran", "cached", "failed", "stopped", "not run"]
# Source: Prefect 3.8, `log_finished_message` of its task and flow engines.
PREFECT_ECHO = re.compile(
    r"Finished in state (?P<name>\w+)\((?P<quote>['\"])(?P<message>.*?)(?:\\n|(?P=quote))"
)


@dataclass(frozen=True)
class StageOutcome:
    """How one stage went.

    Attributes:
        stage: Its name, as `dvc repro` takes it.
        status: `ran` its command; `cached`: DVC did not need to; `failed`; `stopped` by the flow;
            `not run`: something it waits for failed.
        detail: `up-to-date` or `run-cache` if cached; why, in DVC's words, if failed.
        elapsed_s: Wall time of the DVC process, in seconds; 0.0 if none was needed.
        last_lines: If failed, the last lines the stage itself printed.
        log_path: If failed, the file with all it printed, under `.dvc/tmp`.
    """

    stage: str
    status: Status
    detail: str = ""
    elapsed_s: float = 0.0
    last_lines: tuple[str, ...] = ()
    log_path: Path | None = None


def describe_failure(outcome: StageOutcome, root: Path) -> str:
    """Say which stage failed, why, with which last words, and where the rest is."""
    lines = [f"{outcome.stage} failed: {outcome.detail}", *outcome.last_lines]
    if outcome.log_path is not None:
        lines.append(f"(whole output: {outcome.log_path.relative_to(root)})")
    return "\n".join(lines)


def summarise(outcomes: list[StageOutcome]) -> str:
    """Count the stages by what happened to them, like `2 ran, 3 cached`."""
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
    """Lay rows out in columns under their names."""
    table = [dict(zip(rows[0], rows[0], strict=True)), *rows]
    stage_width = max(len(row["stage"]) for row in table)
    outcome_width = max(len(row["outcome"]) for row in table)
    return "\n".join(
        f"{row['stage']:{stage_width}}  {row['outcome']:{outcome_width}}  {row['seconds']:>7}"
        for row in table
    )


def shorten_echo(record: logging.LogRecord) -> bool:
    """Cut what Prefect logs of a state to its name and first line; the rest stands above."""
    text = record.getMessage()
    if found := PREFECT_ECHO.match(text):
        record.msg, record.args = f"{found['name']}: {found['message']}", ()
    return not text.startswith("Task run failed with state: ")
