"""Retrain: bring every stage of dvc.yaml up to date.

Each stage is one DVC process; independent stages run side by side. DVC decides what must run and
is the only cache. With a Prefect server (PREFECT_API_URL), the run and its stages are shown there:
`Ran`, `Cached` (`up-to-date` or `run-cache`), `Failed` with the last lines of the stage, or
`NotRun` if a stage before it failed. Without one, the same run is shown in this terminal only.

After the stages, the gate compares the release with the version in use (`python -m tasks.gate`);
`--publish` also commits the results and promotes a release that the gate lets pass.

Run:      python -m flows.retrain [--publish] [--worktree]
Schedule: python -m flows.serve --cron "0 2 * * *"
Exit:     0 all stages are up to date, also if the gate refused; 1 a step failed; 2 the flow could
          not start; 130 or 143 interrupted, and every running stage was stopped
"""

import argparse
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from flows.program import run_until_stopped
from flows.retrain.command_line import parse_arguments
from tasks.core import paths

if TYPE_CHECKING:
    from flows.outcome import RunResult


def main(argv: list[str] | None = None) -> int:
    """Run the flow once; return the exit code."""
    arguments = parse_arguments(__doc__, argv)
    said = "stopped; finished stages are kept: run it again to continue"
    return run_until_stopped(lambda: _run_once(arguments), said)


def _run_once(arguments: argparse.Namespace) -> int:
    """Run the flow in this process, then print the outcome of each stage."""
    # DVC takes half a second to import, so `--help` is answered first
    from flows.outcome import format_table, table_rows
    from flows.run_story.likely_cause import explain_failure

    with _place(arguments) as root:
        result, lost = _run_steps(arguments, root)
    blocks = [format_table(table_rows(result.outcomes, result.why))]
    if not result.failures and (result.root / paths.INDEX).exists():
        blocks.append(f"report: {result.root / paths.INDEX}")
    blocks.extend(map(explain_failure, result.failures))
    sys.stdout.write("\n" + "\n\n".join(blocks) + "\n")
    code = 1 if result.failures else 0
    return _exit_at_once(code) if lost else code


def _place(arguments: argparse.Namespace) -> AbstractContextManager[Path]:
    """The folder to run in: the project, or a working tree of its own."""
    if not arguments.worktree:
        return nullcontext(arguments.root)
    from flows.dag import project_root
    from flows.worktree import main_branch, own_worktree

    root = project_root(arguments.root)
    return own_worktree(root, main_branch(root))


def _run_steps(arguments: argparse.Namespace, root: Path) -> tuple["RunResult", bool]:
    """Run on the server or without one; return what was done, and whether the server was lost."""
    from flows.retrain.server_address import server_is_configured

    given, publish = (arguments.target, arguments.max_workers), arguments.publish
    if server_is_configured():
        from flows.retrain.on_server import run_on_server

        return run_on_server(root, *given, publish=publish)
    from flows.retrain.in_terminal import run_in_terminal

    return run_in_terminal(root, *given, publish=publish), False


def _exit_at_once(code: int) -> NoReturn:
    """End without Prefect's exit handlers, which would wait for the lost server for a minute."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
