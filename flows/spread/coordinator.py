"""The flow `spread`: send stages to workers, and take their outputs as if they had run here."""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, WorkerStatus
from prefect.deployments import run_deployment
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.types.entrypoint import EntrypointType

from flows.dag import FlowError, read_changes, read_dag
from flows.dvc_output import RUN_CACHE, UP_TO_DATE
from flows.project_name import clone_tag
from flows.spread.elsewhere import run_elsewhere
from flows.spread.exchange import drop_snapshot, run_dvc, snapshot

MAX_ELSEWHERE = 64  # threads that only wait
_POLL_S = 2.0


@task(
    name="stage elsewhere",
    task_run_name="{stage}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=0,
)
def wait_for_stage(stage: str, deployment: str, parameters: dict[str, str]) -> State[Any]:
    """Have a worker run one stage, and wait for its end."""
    run: Any = run_deployment(
        deployment,
        parameters={"stage": stage, **parameters},
        timeout=None,
        poll_interval=_POLL_S,
    )
    if run.state.is_completed():
        return Completed(name="Ran elsewhere")
    return Failed(message=f"{stage} {run.state.name}: {run.state.message}; see the run {run.name}")


@flow(
    name="spread",
    persist_result=False,
    retries=0,
    task_runner=ThreadPoolTaskRunner(MAX_ELSEWHERE),  # type: ignore[arg-type]
)
def spread(root: str, target: str, pool: str, name: str) -> State[None]:
    """Run the members of a matrix stage on workers, at the same time.

    The stages before them run here. Afterwards dvc.lock and the outputs are those of a serial run:
    DVC takes each member from its run cache.

    Args:
        root: Folder that holds `.dvc`, with the remotes of git and DVC.
        target: Name of the stage, such as `train`.
        pool: Work pool of the workers.
        name: Name of the project.

    Raises:
        FlowError: No worker polls the pool; git or DVC failed.
    """
    report = get_run_logger().info
    dag = read_dag(Path(root), target)
    members = [stage for stage in dag.upstream if stage.partition("@")[0] == target]
    before = sorted({stage for member in members for stage in dag.upstream[member]})
    run_dvc(dag.root, report, "repro", *before)
    changed = read_changes(dag)
    stale = [member for member in members if member in changed]
    if not stale:
        return Completed(message=f"{len(members)} cached")
    require_worker(pool)
    run_dvc(dag.root, report, "push", *before)
    commit = snapshot(dag.root)
    parameters = {"commit": commit, "from_clone": clone_tag(dag.root)}
    try:
        deployment = _deploy(pool, name)
        waiting = [wait_for_stage.submit(stage, deployment, parameters) for stage in stale]
        states = dict(zip(stale, [_end_state(future) for future in waiting], strict=True))
    finally:
        drop_snapshot(dag.root, commit)
    ran = [stage for stage in stale if states[stage].is_completed()]
    for stage in ran:  # in the order of the graph, so that dvc.lock is that of a serial run
        _take(dag.root, stage)
    failures = [str(states[stage].message) for stage in stale if stage not in ran]
    if failures:
        return Failed(message="\n".join(failures))
    return Completed(message=f"{len(ran)} ran elsewhere, {len(members) - len(ran)} cached")


def require_worker(pool: str) -> None:
    """Check that a worker polls the pool; without one a stage would wait for ever.

    Raises:
        FlowError: There is no such pool, or no worker polls it.
    """
    try:
        with get_client(sync_client=True) as client:
            workers = client.read_workers_for_work_pool(pool)
    except ObjectNotFound:
        workers = []
    if not any(worker.status == WorkerStatus.ONLINE for worker in workers):
        raise FlowError(
            "A worker must poll the pool.",
            found="no worker that is online",
            where=pool,
            next_step=f"Start one on each machine, in a clone of its own: `LUNGLINE_ROOT=$PWD"
            f" PYTHONPATH=$PWD prefect worker start --pool {pool} --type process --limit 1`.",
        )


def _deploy(pool: str, name: str) -> str:
    """Register the flow of the workers; return the name of its deployment."""
    deployment = RunnerDeployment.from_flow(
        run_elsewhere, name, work_pool_name=pool, entrypoint_type=EntrypointType.MODULE_PATH
    )
    deployment.apply()
    return f"{run_elsewhere.name}/{name}"


def _end_state(future: Any) -> State[Any]:
    future.wait()
    state: State[Any] = future.state
    return state


def _take(root: Path, stage: str) -> None:
    """Take the outputs of a stage from DVC's remote into dvc.lock and the project."""
    log = get_run_logger()
    lines = run_dvc(root, log.info, "repro", "--pull", "--single-item", stage)
    if not any(RUN_CACHE.match(line) or UP_TO_DATE.match(line) for line in lines):
        log.warning("%s ran again here, because its outputs were not in the remote", stage)
