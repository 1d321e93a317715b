"""Bring what the Prefect server believes into line with what runs, after a kill or an outage."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import State, StateType
from prefect.states import Cancelled, Crashed

from flows.project_name import clone_tag

UNDER_WAY = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
# A run that began just now may not have asked for the lock yet
YOUNG = timedelta(seconds=60)


def close_left_runs(
    client: SyncPrefectClient, root: Path, alive: str | None, *, spare_young: bool
) -> list[str]:
    """Set the runs of this clone that a kill left `Running` to `Crashed`.

    Args:
        client: Connection to the server.
        root: Folder that holds `.dvc`; only runs with its `clone_tag` are looked at.
        alive: Number of the run that holds the lock of the project, if any.
        spare_young: Leave runs that began within the last minute; they may be about to end.

    Returns:
        Names of the closed runs.
    """
    closed = []
    for run in _runs(client, clone_tag(root), UNDER_WAY):
        began = run.start_time or run.expected_start_time
        is_young = began is not None and datetime.now(UTC) - began < YOUNG
        if str(run.id) != alive and not (spare_young and is_young):
            state: State[None] = Crashed(
                message="Its process was gone, so the next start closed this run."
            )
            client.set_flow_run_state(run.id, state, force=True)
            closed.append(run.name)
    return closed


def drop_missed_runs(client: SyncPrefectClient, deployment_id: UUID) -> list[str]:
    """Cancel the fires of the schedule that came while nothing served them.

    Runs that an event or a person asked for stay, and start now.

    Returns:
        Names of the cancelled runs.
    """
    now = datetime.now(UTC)
    state: State[None] = Cancelled(
        name="Missed", message="Nothing served the schedule at that time."
    )
    missed = [
        run
        for run in _runs(client, None, [StateType.SCHEDULED], deployment_id)
        if run.auto_scheduled and run.expected_start_time and run.expected_start_time < now
    ]
    for run in missed:
        client.set_flow_run_state(run.id, state, force=True)
    return [run.name for run in missed]


def _runs(
    client: SyncPrefectClient,
    tag: str | None,
    types: list[StateType],
    deployment_id: UUID | None = None,
) -> list[Any]:
    """Runs in these states, with this tag, of this deployment: the first 200, a page of the API."""
    wanted: dict[str, Any] = {"state": {"type": {"any_": types}}}
    if tag is not None:
        wanted["tags"] = {"all_": [tag]}
    if deployment_id is not None:
        wanted["deployment_id"] = {"any_": [deployment_id]}
    return list(client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(wanted)))
