"""Run the flow on a Prefect server; if the server is lost meanwhile, what DVC did still counts."""

import sys
from pathlib import Path
from typing import cast

from prefect.settings import temporary_settings

from flows.dag import read_dag
from flows.outcome import RunResult
from flows.retrain.flow import retrain
from flows.retrain.prefect_server import FEW_RETRIES, SERVER_ERRORS, require_server
from flows.retrain.server_loss import ServerLost, mute_background_errors


def run_on_server(
    root: Path, target: str | None, max_workers: int, *, publish: bool = False
) -> tuple[RunResult, bool]:
    """Run the flow in this process, as a run of the configured server.

    Returns:
        What the run did, and whether the server was lost: then Prefect's exit handlers would wait
        for it for minutes.

    Raises:
        FlowError: The server does not answer, or the flow cannot start.
    """
    folder = str(read_dag(root, target).root)
    require_server()
    mute_background_errors()
    try:
        with temporary_settings(FEW_RETRIES):
            state = retrain(folder, target, max_workers, publish, return_state=True)
    except (ServerLost, *SERVER_ERRORS) as error:
        lost = _server_lost(error)
        if lost is None:
            raise
        sys.stderr.write(f"WARNING: {lost}: the run is not shown there; what DVC did counts\n")
        return lost.result, True
    result = state.result(raise_on_failure=False)
    if isinstance(result, BaseException):
        raise result
    return cast("RunResult", result), False


def _server_lost(error: BaseException | None) -> ServerLost | None:
    """Find what the run did; Prefect's own error may hide it, because it asks the server again."""
    while error is not None and not isinstance(error, ServerLost):
        error = error.__context__
    return error
