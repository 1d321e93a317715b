"""The flow `retrain`, with one Prefect task for each stage of dvc.yaml."""

import logging
from pathlib import Path
from typing import Any

from prefect import Flow, flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Completed, Failed
from prefect.utilities.urls import url_for

from flows.outcome import RunResult, shorten_state_message
from flows.retrain.prefect_watch import PrefectWatch
from flows.retrain.server_loss import ServerLost
from flows.retrain.steps import retrain_stages
from flows.tell_failure import tell_failure

logger = logging.getLogger("prefect.flow_runs")

for logger_name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(logger_name).addFilter(shorten_state_message)


def tell_webhook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001
    """Tell the webhook that a run failed or crashed; Prefect calls it with these names."""
    run = f"{flow_run.name}, {url_for(flow_run) or 'without a page'}"
    tell_failure(run, str(state.name), state.message or "", logger.warning)


@flow(
    name="retrain",
    persist_result=False,
    retries=0,
    on_failure=[tell_webhook],
    on_crashed=[tell_webhook],
)
def retrain(
    root: str = ".", target: str | None = None, max_workers: int = 2, publish: bool = False
) -> State[RunResult]:
    """Bring every stage of the DVC project up to date.

    Args:
        root: Folder of the project, or a folder inside it.
        target: Stage to run, together with the stages that it needs; None runs all stages.
        max_workers: Largest number of stages that run at the same time, at least 1.
        publish: Whether to commit the results and promote a release that the gate lets pass.

    Returns:
        A Prefect state with what the run did. It is completed if all stages are up to date; its
        name is `Refused` if the gate did not let the release pass.
        Otherwise it is failed, and its message holds the last lines of the failed stages.

    Raises:
        FlowError: There is no DVC project, DVC cannot read it, or it has no stage `target`.
        ServerLost: The server is gone for good, and the state cannot be stored.
    """
    watch = PrefectWatch()
    result = retrain_stages(Path(root), target, max_workers, watch, publish=publish)
    if watch.server_lost:
        raise ServerLost(result)
    kind = Failed if result.failures else Completed
    if result.is_refused and not result.failures:
        return Completed(name="Refused", message=result.message(), data=result)
    return kind(message=result.message(), data=result)
