"""Helpers that run the flow and read its runs from Prefect."""

import sys
import time
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
STAGES = ["raw.txt.dvc", "prepare", "train@a", "train@b", "compare"]
UP_TO_DATE = "cached up-to-date"


def outcomes_of(state):
    """Return the outcome of each stage as the table of the run shows it."""
    from flows.outcome import table_rows

    return {row["stage"]: row["outcome"] for row in table_rows(state.result(False).outcomes, {})}


def run_flow(project, **parameters):
    from flows.retrain.flow import retrain

    return retrain(str(project.root), return_state=True, **parameters)


def read_task_runs(flow_run_id):
    """Return the state of each task of a run from the API: name -> (type, state name, message)."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(flow_run_filter=wanted)
    return {run.name: (run.state.type.name, run.state.name, run.state.message) for run in runs}


def wait_for_task_runs(flow_run_id, n_runs):
    """Wait for all task runs; they reach the API as events, after the state of the flow run."""
    deadline_s = time.monotonic() + 20
    while True:
        runs = read_task_runs(flow_run_id)
        if len(runs) == n_runs and all(kind != "RUNNING" for kind, _, _ in runs.values()):
            return runs
        assert time.monotonic() < deadline_s, runs
        time.sleep(0.2)


def command_line(*arguments):
    return [sys.executable, "-m", "flows.retrain", *map(str, arguments)]


def is_alive(pid):
    """Whether a process runs; an ended process that is not collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
