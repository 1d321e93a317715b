"""Retrain: bring every stage of dvc.yaml up to date, as one Prefect run.

Each stage is one Prefect task and one DVC process. DVC decides what must run and is the only
cache. Prefect decides when it runs and shows the state of each stage: `Ran`, `Cached`
(`up-to-date` or `run-cache`), `Failed` with the last lines of the stage, or `NotReady` if a stage
before it failed.

Run:      python -m flows.retrain
Schedule: python -m flows.retrain --serve-cron "0 2 * * *"
Exit:     0 all stages are up to date; 1 a stage failed; 2 the flow could not start;
          130 or 143 interrupted, and every running stage was stopped
"""

import argparse
import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, cast

from flows.retrain.command_line import parse_arguments
from tasks.core import paths

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from flows.outcome import StageOutcome


def main(argv: list[str] | None = None) -> int:
    """Run the flow once or serve it; return the exit code."""
    arguments = parse_arguments(__doc__, argv)
    # Prefect takes two seconds to import, so `--help` is answered first
    from prefect.exceptions import TerminationSignal

    from flows.dag import FlowError, read_dag
    from flows.retrain.prefect_server import require_server

    signal.signal(signal.SIGTERM, _terminate)
    try:
        root = read_dag(arguments.root, arguments.target).root
        require_server(permanent=arguments.serve_cron is not None)
        start = _run_once if arguments.serve_cron is None else _serve
        return start(arguments, root)
    except FlowError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 2
    except (KeyboardInterrupt, TerminationSignal) as interruption:
        sys.stderr.write("stopped; finished stages are kept: run it again to continue\n")
        return 130 if isinstance(interruption, KeyboardInterrupt) else 143


def _run_once(arguments: argparse.Namespace, root: Path) -> int:
    """Run the flow in this process, then print the outcome of each stage."""
    from flows.outcome import describe_failure, format_table, table_rows
    from flows.retrain.flow import retrain

    state = cast(
        "State[list[StageOutcome]]",
        retrain(str(root), arguments.target, arguments.max_workers, return_state=True),
    )
    # Without this, Prefect logs the end of its temporary server below the table
    logging.getLogger("prefect").setLevel(logging.WARNING)
    outcomes = state.result(raise_on_failure=False)
    if isinstance(outcomes, Exception):
        raise outcomes
    blocks = [format_table(table_rows(outcomes))]
    if (root / paths.INDEX).exists():
        blocks.append(f"report: {root / paths.INDEX}")
    blocks.extend(describe_failure(o, root) for o in outcomes if o.status == "failed")
    sys.stdout.write("\n" + "\n\n".join(blocks) + "\n")
    return 0 if state.is_completed() else 1


def _serve(arguments: argparse.Namespace, root: Path) -> int:
    """Run the flow on a schedule until interrupted."""
    from flows.retrain.flow import retrain
    from flows.retrain.serve import serve

    workers = arguments.max_workers
    parameters = {"root": str(root), "target": arguments.target, "max_workers": workers}
    serve(retrain, arguments.serve_cron, parameters)
    return 0


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """Raise Prefect's own exception on SIGTERM, so that its temporary server ends too."""
    from prefect.exceptions import TerminationSignal

    raise TerminationSignal(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
