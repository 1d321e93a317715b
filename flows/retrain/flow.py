"""The flow `retrain`, with one Prefect task for each stage of dvc.yaml."""

import logging
import queue
from functools import partial
from pathlib import Path

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.exceptions import PrefectHTTPStatusError
from prefect.futures import PrefectFuture
from prefect.states import Cancelled, Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.dag import StageDag, read_changed, read_dag
from flows.dvc_stage import StageProcesses, run_stage
from flows.outcome import (
    StageOutcome,
    count_outcomes,
    describe_failure,
    shorten_state_message,
    table_rows,
)

for logger_name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(logger_name).addFilter(shorten_state_message)


@task(
    name="dvc stage",
    task_run_name="{stage}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=0,
)
def update_stage(
    stage: str, root: Path, is_up_to_date: bool, processes: StageProcesses
) -> State[StageOutcome]:
    """Bring one stage up to date; the state of the task shows the outcome."""
    if is_up_to_date:
        outcome = StageOutcome(stage, "cached", "up-to-date")
    else:
        outcome = run_stage(stage, root, processes, get_run_logger().info)
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
        root: Folder of the project, or a folder inside it.
        target: Stage to run, together with the stages that it needs; None runs all stages.
        max_workers: Largest number of stages that run at the same time, at least 1.

    Returns:
        A Prefect state with the outcome of each stage, in the order of the graph. It is completed
        if all stages are up to date. Otherwise it is failed, and its message holds the last lines
        of the failed stages.

    Raises:
        FlowError: There is no DVC project, DVC cannot read it, or it has no stage `target`.
    """
    dag = read_dag(Path(root), target)
    up_to_date = dag.up_to_date(read_changed(dag))
    outcomes = _run_all(dag, up_to_date, max_workers)
    _publish(outcomes)
    failures = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failures:
        texts = [describe_failure(outcome, dag.root) for outcome in failures]
        return Failed(message="\n\n".join([count_outcomes(outcomes), *texts]), data=outcomes)
    return Completed(message=count_outcomes(outcomes), data=outcomes)


def _run_all(dag: StageDag, up_to_date: frozenset[str], max_workers: int) -> list[StageOutcome]:
    """Run each stage when all its upstream stages have ended; stop all on any interruption.

    A task is submitted only then, because a waiting task would occupy a worker.
    """
    processes = StageProcesses()
    shared = {"root": dag.root, "processes": processes}
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()
    waiting = dict(dag.upstream)
    futures: dict[str, PrefectFuture[State[StageOutcome]]] = {}
    done: set[str] = set()
    task_runner: ThreadPoolTaskRunner[State[StageOutcome]] = ThreadPoolTaskRunner(max_workers)
    with task_runner as runner:
        try:
            while len(done) < len(dag.upstream):
                for stage in [s for s, upstream in waiting.items() if done.issuperset(upstream)]:
                    futures[stage] = runner.submit(
                        update_stage,
                        dict(shared, stage=stage, is_up_to_date=stage in up_to_date),
                        wait_for=[futures[name] for name in waiting.pop(stage)],
                    )
                    futures[stage].add_done_callback(partial(_report_end, ended, stage))
                done.add(ended.get())
        except BaseException:
            processes.stop()
            raise
    return [_outcome(stage, futures[stage]) for stage in dag.upstream]


def _publish(outcomes: list[StageOutcome]) -> None:
    """Store the table of stages in Prefect; the run does not fail if the server refuses it."""
    try:
        create_table_artifact(
            key="retrain-stages", table=table_rows(outcomes), description=count_outcomes(outcomes)
        )
    except PrefectHTTPStatusError as error:
        get_run_logger().warning("the table of stages was not stored: %s", error)


def _report_end(
    ended: queue.SimpleQueue[str], stage: str, _future: PrefectFuture[State[StageOutcome]]
) -> None:
    """Tell the flow that the task of a stage has ended."""
    ended.put(stage)


def _outcome(stage: str, future: PrefectFuture[State[StageOutcome]]) -> StageOutcome:
    """Read the outcome from the state of a task; a task that could not start has none."""
    future.wait()
    if future.state.is_pending():
        return StageOutcome(stage, "not run")
    outcome = future.state.result(raise_on_failure=False)
    if isinstance(outcome, StageOutcome):
        return outcome
    return StageOutcome(stage, "failed", f"the task of the flow failed: {outcome!r}")
