"""Write the story of a run as Markdown, for its page on the Prefect server."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from flows.after_stages import GATE
from flows.outcome import RunResult, StageOutcome, count_outcomes, table_rows
from flows.publish.gate_decision import decision_on_release
from flows.run_story.figures import gate_lines, gate_rows, metric_rows
from flows.run_story.likely_cause import likely_cause
from flows.run_story.pages import page_lines
from tasks.core import paths

MAX_LINE = 200  # characters of a line of output; Prefect keeps every artifact in its database


def write_story(result: RunResult, changed_params: Callable[[str], list[str]]) -> str:
    """Tell what ran, why, what came out, and what failed.

    Args:
        result: What the run did.
        changed_params: Function that names the changed parameters of a stage.

    Returns:
        Markdown.
    """
    root, outcomes, failed = result.root, result.outcomes, result.failures
    idle = all(outcome.detail == "up-to-date" for outcome in outcomes)
    parts = [_headline(outcomes, failed=bool(failed), idle=idle)]
    parts += [_failure(outcome) for outcome in failed]
    if not idle:
        parts.append(_section("Changed parameters", _param_lines(outcomes, changed_params)))
    if not failed:
        parts += [_metrics(root), _gate(result)]
    parts.append(_section("Stages", [_stage_table(result)]))
    title = "Pages of the last run that succeeded" if failed else "Pages"
    parts.append(_section(title, page_lines(root)))
    parts.append(_commit(root))
    return "\n\n".join(filter(None, parts)) + "\n"


def table(rows: list[dict[str, str]]) -> str:
    """Format rows as a Markdown table; the keys of the first row are the header."""
    if not rows:
        return ""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _headline(outcomes: list[StageOutcome], *, failed: bool, idle: bool) -> str:
    if idle:
        return f"# Nothing changed\n\nAll {len(outcomes)} stages were up to date; none ran."
    return f"# {'Failed' if failed else 'Succeeded'}: {count_outcomes(outcomes)}"


def _failure(outcome: StageOutcome) -> str:
    """Describe a failure: the likely cause and its next step first, then the last lines."""
    lines = [f"## {outcome.stage} failed", f"**{outcome.detail}**"]
    known = likely_cause(outcome)
    if known is not None:
        lines.append(f"Likely cause: {known.cause}\n\nNext step: {known.next_step}")
    if outcome.last_lines:
        printed = "\n".join(line[:MAX_LINE] for line in outcome.last_lines)
        lines.append(f"Its last lines:\n\n```text\n{printed.replace('```', '` ` `')}\n```")
    if outcome.log_path is not None:
        lines.append(f"Whole output: `{outcome.log_path}`")
    return "\n\n".join(lines)


def _param_lines(
    outcomes: list[StageOutcome], changed_params: Callable[[str], list[str]]
) -> list[str]:
    found = (text for outcome in outcomes for text in changed_params(outcome.stage))
    return [f"- `{text}`" for text in dict.fromkeys(found)]


def _stage_table(result: RunResult) -> str:
    """Set what a reader looks for in bold."""
    rows = table_rows(result.outcomes, result.why)
    for row in rows:
        if row["outcome"] in ("ran", "failed"):
            row["outcome"] = f"**{row['outcome']}**"
    return table(rows)


def _metrics(root: Path) -> str:
    return _section("Metrics on the test films", [table(metric_rows(root))])


def _gate(result: RunResult) -> str:
    """The decision about this release; if the gate did not judge it again, why not."""
    title, gate = "Against the network in use", result.root / paths.GATE_JSON
    if decision_on_release(result.root):
        return _section(title, ["\n".join(gate_lines(gate)), table(gate_rows(gate))])
    said = [one.detail for one in result.outcomes if one.stage == GATE]
    return _section(title, [f"**Gate.** It did not judge: {text}." for text in said if text])


def _commit(root: Path) -> str:
    """Name the commit, and whether files differ from it."""
    command = ["git", "log", "-1", "--format=%h %s"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return "## Commit\n\nNothing is committed yet."
    status = ["git", "status", "--porcelain", "--untracked-files=no"]
    changed = subprocess.run(status, cwd=root, capture_output=True, text=True, check=False).stdout
    n_files = len(changed.splitlines())
    more = f", with {n_files} changed files that are not committed" if n_files else ""
    return f"## Commit\n\n`{done.stdout.strip()}`{more}"


def _section(title: str, blocks: list[str]) -> str:
    """Join blocks below a title; nothing if all are empty. Lines of a list stay together."""
    text = ("\n" if all(block.startswith("- ") for block in blocks) else "\n\n").join(
        filter(None, blocks)
    )
    return f"## {title}\n\n{text}" if text else ""


def _cell(text: str) -> str:
    """Escape what would end a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")
