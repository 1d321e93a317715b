"""The flow `monitor`: one inbox, one run."""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.monitor.drift_summary import artifact_rows, drift_markdown
from flows.monitor.inbox_run import project_folder, run_inbox
from flows.project_name import project_name
from flows.retrain.flow import tell_webhook
from flows.retrain.prefect_server import SERVER_ERRORS
from flows.triggers.events import DRIFT_FOUND, RETRAIN_REQUESTED, emit
from tasks.core import paths
from tasks.core.params import load_params

_STATES = {True: "Drift", False: "NoDrift", None: "NotComparable"}


@flow(
    name="monitor",
    persist_result=False,
    retries=0,
    on_failure=[tell_webhook],
    on_crashed=[tell_webhook],
)
def monitor(
    inbox: str, root: str = ".", network: str | None = None, name: str | None = None
) -> State[dict[str, Any] | None]:
    """Compare the films of an inbox with those of the training.

    Args:
        inbox: Folder of the new films, absolute or below `root`. It is only read.
        root: Folder of params.yaml.
        network: Folder of a released network; None: the champion.
        name: Of the project in its events; None: made of the name of the folder.

    Returns:
        A Prefect state named `Drift`, `NoDrift` or `NotComparable`, with the result of
        `reports/monitor.json`; failed with the last lines of the program if it failed.

    Raises:
        FlowError: `root` holds no params.yaml, or the server refuses an event.
    """
    folder = project_folder(Path(root))
    project = project_name(folder, name)
    run = run_inbox(inbox, folder, network, get_run_logger().info)
    if run.result is None:
        return Failed(message=run.message, data=None)
    _publish(run.result)
    for event in events_of(run.result, folder):
        emit(event, project, event_payload(run.result))
    return Completed(name=_STATES[run.result["drifted"]], message=run.message, data=run.result)


def _publish(result: dict[str, Any]) -> None:
    """Store the findings in Prefect; the run does not fail if the server refuses them."""
    try:
        create_markdown_artifact(
            key="monitor-drift", markdown=drift_markdown(result), description=result["headline"]
        )
        if result["rows"]:
            create_table_artifact(
                key="monitor-features",
                table=artifact_rows(result),
                description=f"{result['n_tests']} tests, corrected by Holm",
            )
    except SERVER_ERRORS as error:
        get_run_logger().warning("the findings were not stored: %s", error)


def events_of(result: dict[str, Any], root: Path) -> tuple[str, ...]:
    """Names of the events that a result asks for; none if the inbox was seen before.

    Args:
        result: Of `reports/monitor.json`.
        root: From `project_folder`.
    """
    if not (result["drifted"] and result["is_new"]):
        return ()
    wants_run = load_params(root / paths.PARAMS).monitor.on_drift == "retrain"
    return (DRIFT_FOUND, RETRAIN_REQUESTED) if wants_run else (DRIFT_FOUND,)


def event_payload(result: dict[str, Any]) -> dict[str, Any]:
    """Facts of a drift for the page of its event; no path stands in it."""
    first = result["first"]
    return {
        "inbox": result["inbox"],
        "headline": result["headline"],
        "first_feature": first["title"] if first else "all features together",
        "n_films": result["n_files"]["compared"],
    }
