"""Register a project on the Prefect server, under a name that no other project has."""

from pathlib import Path
from typing import Any, cast
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.runner import Runner
from prefect.schedules import Cron

from flows.dag import FlowError
from flows.project_name import clone_tag
from flows.triggers.events import retrain_trigger


def check_name_is_free(flow_name: str, name: str, root: Path) -> None:
    """Check that the server has no deployment of that name, or that it is of this clone.

    Without this check, two projects on one server would take each other's schedule.

    Raises:
        FlowError: Another clone, or a work pool, has the name.
    """
    try:
        with get_client(sync_client=True) as client:
            taken = client.read_deployment_by_name(f"{flow_name}/{name}")
    except ObjectNotFound:
        return
    owner = str(taken.parameters.get("root"))
    if taken.work_pool_name is not None:
        owner = f"the work pool {taken.work_pool_name}"
    elif owner == str(root) and clone_tag(root) in taken.tags:
        return
    elif owner == str(root):
        owner = f"another clone at {owner}, perhaps on another machine"
    raise FlowError(
        "Each project on a Prefect server needs its own name.",
        found=f"{flow_name}/{name}, which belongs to {owner}",
        where="--name",
        next_step="Choose another with `--name`; or, if that project is no longer served, type"
        f" `prefect deployment delete {flow_name}/{name}`.",
    )


def register(
    runner: Runner,
    flow: Flow[..., Any],
    root: Path,
    parameters: dict[str, Any],
    cron: tuple[str, str] | None,
) -> UUID:
    """Register the flow on the server; a schedule or trigger of an earlier start is replaced.

    Args:
        runner: Runner whose name the deployment gets.
        flow: Flow to run. It must be a global of a module, because each run is a new process that
            imports it.
        root: Folder that holds `.dvc`.
        parameters: Parameters of the flow.
        cron: Schedule and time zone; None: only events and people start runs.
    """
    added = runner.add_flow(
        flow,
        name=runner.name,
        schedules=[] if cron is None else [Cron(cron[0], timezone=cron[1])],
        parameters=parameters,
        triggers=[retrain_trigger(runner.name)],
        tags=[clone_tag(root)],
        description=f"Retrains the project in {root}, unattended.",
    )
    return cast(UUID, added)  # outside an event loop it is no coroutine
