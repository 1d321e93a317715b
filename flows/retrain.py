"""Retrain: bring every stage of dvc.yaml up to date, as one Prefect run.

Each stage is one Prefect task and one DVC process. DVC decides what must run and is the only
cache; Prefect decides when, and shows it: `Ran`, `Cached` (`up-to-date` or `run-cache`), `Failed`
with the stage's own last lines, `NotReady` for what waits for a failed stage.

Run:      python -m flows.retrain
Schedule: python -m flows.retrain --serve-cron "0 2 * * *"
Exit:     0 all stages up to date; 1 a stage failed; 2 the flow could not start;
          130 or 143 interrupted, with every running stage stopped
"""

import argparse
import logging
import os
import queue
import signal
import sys
from functools import partial
from pathlib import Path
from types import FrameType
from typing import cast

ENVIRONMENT_DEFAULTS = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # Prefect's 20 s are near the need
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_LOGGING_FORMATTERS_STANDARD_DATEFMT": "%H:%M:%S",
    "PREFECT_LOGGING_FORMATTERS_STANDARD_FORMAT": (
        "%(asctime)s %(name)20s | %(levelname)s %(message)s"
    ),
    "PREFECT_LOGGING_FORMATTERS_STANDARD_FLOW_RUN_FMT": "%(asctime)s %(flow_name)20s | %(message)s",
    "PREFECT_LOGGING_FORMATTERS_STANDARD_TASK_RUN_FMT": (
        "%(asctime)s %(task_run_name)20s | %(message)s"
    ),
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "DVC_STUDIO_OFFLINE": "1",
}
REPORT_PATH = Path("reports/index.html")


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; `--help` and mistakes end the program here."""
    parser = argparse.ArgumentParser(
        prog="python -m flows.retrain",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="DIR", help="DVC project (default: here)"
    )
    parser.add_argument("--target", metavar="STAGE", help="only this stage and what it needs")
    parser.add_argument(
        "--max-workers", type=_count, default=2, metavar="N", help="stages at once (default: 2)"
    )
    parser.add_argument(
        "--serve-cron",
        metavar="CRON",
        help='stay and run on a schedule in UTC, like "0 2 * * *"; needs a Prefect server',
    )
    return parser.parse_args(argv)


def _count(text: str) -> int:
    """A number of stages, at least one."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, not {text!r}")
    return int(text)


if __name__ == "__main__":
    parse_arguments()  # answers before Prefect is imported, which takes two seconds

for name, value in ENVIRONMENT_DEFAULTS.items():
    os.environ.setdefault(name, value)  # Prefect reads them as it is imported

from prefect import flow, get_run_logger, task  # noqa: E402
from prefect.artifacts import create_table_artifact  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.client.orchestration import get_client  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402
from prefect.exceptions import PrefectHTTPStatusError, TerminationSignal  # noqa: E402
from prefect.futures import PrefectFuture  # noqa: E402
from prefect.settings import get_current_settings  # noqa: E402
from prefect.states import Cancelled, Completed, Failed  # noqa: E402
from prefect.task_runners import ThreadPoolTaskRunner  # noqa: E402

from flows.dag import FlowError, StageDag, read_changed, read_dag  # noqa: E402
from flows.dvc_stage import ProcessGroups, run_stage  # noqa: E402
from flows.outcome import (  # noqa: E402
    StageOutcome,
    describe_failure,
    format_table,
    shorten_echo,
    summarise,
    table_rows,
)
from flows.schedule import serve  # noqa: E402

for logger_name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(logger_name).addFilter(shorten_echo)


@task(
    name="dvc stage",
    task_run_name="{stage}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=0,
)
def dvc_stage(
    stage: str, root: Path, is_up_to_date: bool, groups: ProcessGroups
) -> State[StageOutcome]:
    """Bring one stage up to date and say how as the task's state."""
    if is_up_to_date:
        outcome = StageOutcome(stage, "cached", "up-to-date")
    else:
        outcome = run_stage(stage, root, groups, get_run_logger().info)
    if outcome.status == "ran":
        return Completed(name="Ran", message=f"{outcome.elapsed_s:.1f} s", data=outcome)
    if outcome.status == "cached":
        return Completed(name="Cached", message=outcome.detail, data=outcome)
    if outcome.status == "stopped":
        return Cancelled(message="stopped with the flow", data=outcome)
    return Failed(message=describe_failure(outcome, root), data=outcome)


@flow(name="retrain", persist_result=False, retries=0)
def retrain(
    root: str = ".", target: str | None = None, max_workers: int = 2
) -> State[list[StageOutcome]]:
    """Bring every stage of the DVC project up to date.

    Args:
        root: The project's folder, or one inside it.
        target: Only this stage and all it needs; every stage if not given.
        max_workers: How many stages may run at the same time, from 1 up.

    Returns:
        A Prefect state with the outcome of each stage, upstream first: completed if all are up to
        date, failed otherwise, with the failed stages' own last lines as its message.

    Raises:
        FlowError: There is no DVC project, it cannot be read, or it has no such stage.
    """
    dag = read_dag(Path(root), target)
    up_to_date = dag.up_to_date(read_changed(dag))
    outcomes = _run_all(dag, up_to_date, max_workers)
    _publish(outcomes)
    failures = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failures:
        texts = [describe_failure(outcome, dag.root) for outcome in failures]
        return Failed(message="\n\n".join([summarise(outcomes), *texts]), data=outcomes)
    return Completed(message=summarise(outcomes), data=outcomes)


def _run_all(dag: StageDag, up_to_date: frozenset[str], max_workers: int) -> list[StageOutcome]:
    """Run each stage as soon as all it waits for has ended; on any interruption end all.

    A task is submitted only then, since one that waits would hold a worker.
    """
    groups = ProcessGroups()
    shared = {"root": dag.root, "groups": groups}
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()
    waiting = dict(dag.upstream)
    futures: dict[str, PrefectFuture[State[StageOutcome]]] = {}
    done: set[str] = set()
    task_runner: ThreadPoolTaskRunner[State[StageOutcome]] = ThreadPoolTaskRunner(max_workers)
    with task_runner as runner:
        try:
            while len(done) < len(dag.upstream):
                for stage in [s for s, up in waiting.items() if done.issuperset(up)]:
                    futures[stage] = runner.submit(
                        dvc_stage,
                        dict(shared, stage=stage, is_up_to_date=stage in up_to_date),
                        wait_for=[futures[up] for up in waiting.pop(stage)],
                    )
                    futures[stage].add_done_callback(partial(_announce, ended, stage))
                done.add(ended.get())
        except BaseException:
            groups.stop()
            raise
    return [_outcome(stage, futures[stage]) for stage in dag.upstream]


def _publish(outcomes: list[StageOutcome]) -> None:
    """Show the stages as a table in Prefect; a server that refuses it does not fail the run."""
    try:
        create_table_artifact(
            key="retrain-stages", table=table_rows(outcomes), description=summarise(outcomes)
        )
    except PrefectHTTPStatusError as error:
        get_run_logger().warning("the table of stages was not stored: %s", error)


def _announce(
    ended: queue.SimpleQueue[str], stage: str, _future: PrefectFuture[State[StageOutcome]]
) -> None:
    """Let the flow know that a stage's task is over."""
    ended.put(stage)


def _outcome(stage: str, future: PrefectFuture[State[StageOutcome]]) -> StageOutcome:
    """The outcome a task hands over in its state; a task that could not start has none."""
    future.wait()
    if future.state.is_pending():
        return StageOutcome(stage, "not run")
    outcome = future.state.result(raise_on_failure=False)
    if isinstance(outcome, StageOutcome):
        return outcome
    return StageOutcome(stage, "failed", f"the flow's own task broke: {outcome!r}")


def main(argv: list[str] | None = None) -> int:
    """Run the flow once or serve it, and return the exit code."""
    arguments = parse_arguments(argv)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        root = read_dag(arguments.root, arguments.target).root
        _reach_server(must_stay=arguments.serve_cron is not None)
        proceed = _run_once if arguments.serve_cron is None else _serve
        return proceed(arguments, root)
    except FlowError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 2
    except (KeyboardInterrupt, TerminationSignal) as interruption:
        sys.stderr.write("stopped; what is done is kept: run it again to go on\n")
        return 130 if isinstance(interruption, KeyboardInterrupt) else 143


def _reach_server(must_stay: bool) -> None:
    """Make sure that a Prefect server answers; a temporary one is started if none is set.

    Raises:
        FlowError: It does not, or it is temporary and `must_stay`.
    """
    url = get_current_settings().api.url
    if must_stay and url is None:
        raise FlowError(
            "A schedule needs a Prefect server that stays.",
            found="none is set",
            where="PREFECT_API_URL",
            next_step="Start one with `prefect server start`; it shows the address to set.",
        )
    try:
        with get_client(sync_client=True) as client:
            problem = client.api_healthcheck()
    except RuntimeError as error:
        problem = error
    if problem is not None:
        raise FlowError(
            "A Prefect server must answer.",
            found=str(problem),
            where=url or "the temporary server of this run",
            next_step="Start the server at that address, or unset PREFECT_API_URL to do without.",
        ) from problem


def _run_once(arguments: argparse.Namespace, root: Path) -> int:
    """Run the flow in this process, then say on stdout how each stage went."""
    state = cast(
        "State[list[StageOutcome]]",
        retrain(str(root), arguments.target, arguments.max_workers, return_state=True),
    )
    # Prefect's word on stopping its temporary server would stand below the table.
    logging.getLogger("prefect").setLevel(logging.WARNING)
    outcomes = state.result(raise_on_failure=False)
    if isinstance(outcomes, Exception):
        raise outcomes
    out = [format_table(table_rows(outcomes))]
    if (root / REPORT_PATH).exists():
        out.append(f"report: {root / REPORT_PATH}")
    out.extend(describe_failure(o, root) for o in outcomes if o.status == "failed")
    sys.stdout.write("\n" + "\n\n".join(out) + "\n")
    return 0 if state.is_completed() else 1


def _serve(arguments: argparse.Namespace, root: Path) -> int:
    """Stay and run the flow whenever the schedule says so, until interrupted."""
    workers = arguments.max_workers
    parameters = {"root": str(root), "target": arguments.target, "max_workers": workers}
    serve(retrain, arguments.serve_cron, parameters)
    return 0


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """Leave in order on SIGTERM, so that Prefect's own server is ended too."""
    raise TerminationSignal(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
