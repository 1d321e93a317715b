"""Events of a project on the Prefect server, and which of them start a run.

| event | sent by | starts a run |
|---|---|---|
| `lungline.data.changed` | `python -m flows.triggers`, `python -m flows.serve --watch` | yes |
| `lungline.retrain.requested` | `python -m flows.monitor`, if it may; anybody | yes |
| `lungline.drift.found` | `python -m flows.monitor` | no: a person decides |

The resource of each event is `lungline.project.NAME`.
"""

from typing import Any

import httpx
from prefect.client.orchestration import get_client
from prefect.events import DeploymentEventTrigger, Event, Resource

from flows.dag import FlowError

DATA_CHANGED = "lungline.data.changed"
RETRAIN_REQUESTED = "lungline.retrain.requested"
DRIFT_FOUND = "lungline.drift.found"


def emit(event: str, project: str, payload: dict[str, Any]) -> None:
    """Send an event; when this returns, the server has it.

    Args:
        event: Name of the event.
        project: Name of the project, as `project_name` makes it.
        payload: Facts for the page of the event, in JSON's types.

    Raises:
        FlowError: No server answers, or it refuses the event.
    """
    message = Event(event=event, resource=Resource(resource_of(project)), payload=payload)
    try:
        with get_client(sync_client=True) as client:
            body = [message.model_dump(mode="json")]
            client._client.post("/events", json=body).raise_for_status()
    except (httpx.HTTPError, OSError, RuntimeError) as error:
        raise FlowError(
            "The Prefect server must take the event.",
            found=str(error) or type(error).__name__,
            where=event,
            next_step="Start the server, or correct PREFECT_API_URL; the event is then sent again.",
        ) from error


def retrain_trigger(project: str) -> DeploymentEventTrigger:
    """Return the trigger that starts a run of the deployment `project`."""
    return DeploymentEventTrigger(
        name=f"retrain {project} on request",
        expect={DATA_CHANGED, RETRAIN_REQUESTED},
        match=resource_of(project),
    )


def resource_of(project: str) -> dict[str, str]:
    """Return the resource of the events of a project."""
    return {"prefect.resource.id": f"lungline.project.{project}"}
