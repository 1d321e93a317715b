"""The flow that a worker runs: one stage, in the clone of that worker."""

import os
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from flows.dag import FlowError, read_dag
from flows.project_name import clone_tag
from flows.run_lock import unattended_run
from flows.spread.exchange import run_dvc, share_stage, take_snapshot

CLONE = "LUNGLINE_ROOT"  # environment variable of the worker: its own clone


@flow(name="stage-elsewhere", flow_run_name="{stage}", persist_result=False, retries=0)
def run_elsewhere(stage: str, commit: str, from_clone: str) -> None:
    """Run one stage of a commit, and share its outputs.

    Args:
        stage: Name of the stage, as `dvc repro` takes it.
        commit: Commit that `snapshot` stored.
        from_clone: `clone_tag` of the clone that asks; a stage does not run there, because the
            clone of a worker is overwritten.

    Raises:
        FlowError: The worker has no clone of its own, or it runs another stage there; git or DVC
            failed.
    """
    root = read_dag(Path(os.environ.get(CLONE, "."))).root
    if clone_tag(root) == from_clone:
        raise FlowError(
            "A worker needs a clone of its own.",
            found="the clone that asked for the stage",
            where=f"{CLONE}={root}",
            next_step="Clone the repository again for the worker, and name that folder.",
        )
    with unattended_run(root, str(flow_run.id)) as holder:
        if holder is not None:
            raise FlowError(
                "A clone runs one stage at a time.",
                found=f"the run {holder}",
                where=str(root),
                next_step="Start the worker with `--limit 1`, and each in a clone of its own.",
            )
        report = get_run_logger().info
        take_snapshot(root, commit)
        run_dvc(root, report, "repro", "--pull", "--single-item", stage)
        share_stage(root, stage)
        report("%s is in DVC's remote", stage)
