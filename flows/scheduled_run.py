"""The flow of every unattended run: on a schedule, after an event, or by a worker."""

from pathlib import Path

from prefect import flow, get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Cancelled

from flows.commit_results import commit_results
from flows.dag import project_root
from flows.left_runs import close_left_runs
from flows.outcome import RunResult
from flows.project_name import clone_tag
from flows.retrain.flow import retrain, tell_webhook
from flows.run_lock import unattended_run
from flows.worktree import main_branch, own_worktree


@flow(
    name="retrain",
    persist_result=False,
    retries=0,
    on_failure=[tell_webhook],
    on_crashed=[tell_webhook],
)
def scheduled_retrain(
    root: str, target: str | None = None, max_workers: int = 2, in_place: bool = False
) -> State[RunResult]:
    """Retrain, unless an unattended run of the same project is in progress.

    Args:
        root: Folder that holds `.dvc`.
        target: Stage to run, together with the stages that it needs; None runs all stages.
        max_workers: Largest number of stages that run at the same time, at least 1.
        in_place: Run in `root` itself. Otherwise the run has a working tree of its own, its
            results are committed on the branch `retrain`, and a release that the gate lets pass
            is promoted; nobody's files change.

    Returns:
        The state of `retrain`; or `Skipped`, because a second run would only wait for the first.

    Raises:
        FlowError: As `retrain`.
    """
    project = project_root(Path(root))  # what is not committed there is no matter of this run
    run_id = str(flow_run.id)
    with unattended_run(project, run_id) as holder:
        if holder is not None:
            return Cancelled(name="Skipped", message=f"The run {holder} is in progress.")
        _close_left_runs(project, run_id)
        if in_place:
            return retrain.fn(str(project), target, max_workers)
        with own_worktree(project, main_branch(project)) as tree:
            state = retrain.fn(str(tree), target, max_workers, publish=True)
            if state.is_completed():  # a run of one stage, or without a release, commits too
                commit_results(tree, f"Retrain unattended: {state.message}")
            return state


def _close_left_runs(project: Path, run_id: str) -> None:
    """Close what earlier runs left open; this run has the lock, so no other one is alive."""
    with get_client(sync_client=True) as client:
        tags = {*client.read_flow_run(flow_run.id).tags, clone_tag(project)}
        client.update_flow_run(flow_run.id, tags=tags)
        for name in close_left_runs(client, project, run_id, spare_young=True):
            get_run_logger().warning("closed %s, whose process was gone", name)
