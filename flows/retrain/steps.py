"""The steps of a retraining, with or without Prefect: what `flow.py` and the program share."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from flows.after_stages import follow_stages
from flows.busy_stage import mend_rwlock
from flows.check_project import check_project, require_writable
from flows.commit_results import require_results_only
from flows.dag import StageChanges, StageDag, read_changes, read_plan
from flows.dvc_stage import Patience, run_stage
from flows.lock_order import sort_new_entries
from flows.outcome import RunResult, StageOutcome
from flows.publish.version_tags import require_identity
from flows.refresh import REFRESH, has_work, refresh
from flows.run_story.lock_file import read_lock
from flows.run_story.story import write_story
from flows.run_story.why import Reasons
from flows.stage_log import LineCallback, remove_old_logs
from flows.stage_processes import StageProcesses
from flows.stage_queue import run_in_order
from flows.watch import Watch
from flows.whole_lock import mend_dvc_lock


def retrain_stages(
    root: Path, target: str | None, max_workers: int, watch: Watch, *, publish: bool = False
) -> RunResult:
    """Get new films, bring every stage of a DVC project up to date, let the gate decide.

    Args:
        root: Folder of the project, or a folder inside it.
        target: Stage to run, together with the stages that it needs; None runs all stages.
        max_workers: Largest number of stages that run at the same time, at least 1.
        watch: Who sees the run.
        publish: Whether to commit the results and promote a release that the gate lets pass.

    Raises:
        FlowError: There is no DVC project, DVC cannot read or write it, it has no stage `target`,
            its parameters or films would stop a stage, or it may not be published.
    """
    require_writable(root)
    if mend_rwlock(root):
        watch.warn("a killed DVC left .dvc/tmp/rwlock cut off; it is removed")
    if mend_dvc_lock(root):
        watch.warn("a stop cut dvc.lock off; the committed one is back, DVC's cache has the rest")
    dag, changes = read_plan(root, target)
    if publish:
        require_identity(dag.root)
        require_results_only(dag.root)
    refreshed = _refresh(dag.root, watch) if target is None else []
    if any(outcome.status == "failed" for outcome in refreshed):
        return _finish(RunResult(dag.root, refreshed), Reasons(dag.root, {}, {}, {}), watch)
    if refreshed:
        dag, changes = read_plan(root, target)
    check_project(dag.root, dag.upstream)
    remove_old_logs(dag.root)
    result, reasons = _run_stages_with_reasons(dag, changes, max_workers, watch)
    why = dict(result.why)

    def renew() -> list[StageOutcome]:
        again = run_stale(dag, max_workers, watch)
        why.update(again.why)
        return again.outcomes

    followed: list[StageOutcome] = []
    if target is None and all(one.status in ("ran", "cached") for one in result.outcomes):
        followed = follow_stages(dag.root, dag.upstream, watch, renew, publish=publish)
    last = {one.stage: one for one in (*refreshed, *result.outcomes, *followed)}
    return _finish(RunResult(dag.root, list(last.values()), why), reasons, watch)


def run_stale(dag: StageDag, max_workers: int, watch: Watch) -> RunResult:
    """Run only the stages of a graph that are not up to date now."""
    changes = read_changes(dag)
    stale = dag.upstream.keys() - dag.up_to_date(changes)
    part = {
        stage: tuple(name for name in upstream if name in stale)
        for stage, upstream in dag.upstream.items()
        if stage in stale
    }
    stale_dag = replace(dag, upstream=part)
    return _run_stages_with_reasons(stale_dag, changes, max_workers, watch)[0]


def _run_stages_with_reasons(
    dag: StageDag, changes: StageChanges, max_workers: int, watch: Watch
) -> tuple[RunResult, Reasons]:
    """Run the stages, and say why each one had to run."""
    up_to_date = dag.up_to_date(changes)
    before = read_lock(dag.root) if len(up_to_date) < len(dag.upstream) else {}
    outcomes = run_stages(dag, up_to_date, max_workers, watch)
    if len(up_to_date) < len(outcomes):
        sort_new_entries(dag.root, before)
    if any(outcome.status == "ran" for outcome in outcomes):
        outcomes = _fail_if_changed_since(dag, outcomes)
    reasons = Reasons(dag.root, before, read_lock(dag.root) if before else {}, changes)
    why = {o.stage: _why(o, reasons) for o in outcomes if o.stage not in up_to_date}
    return RunResult(dag.root, outcomes, why), reasons


def _refresh(root: Path, watch: Watch) -> list[StageOutcome]:
    """Get new films in a step of its own; without any work it is no step."""
    if not has_work(root):
        return []
    return [watch.run(REFRESH, partial(refresh, root), [])]


def _finish(result: RunResult, reasons: Reasons, watch: Watch) -> RunResult:
    watch.publish(partial(write_story, result, reasons.changed_params))
    return result


def run_stages(
    dag: StageDag, up_to_date: frozenset[str], max_workers: int, watch: Watch
) -> list[StageOutcome]:
    """Run the stages that are not up to date; stop them all on any interruption."""
    processes = StageProcesses(dag.root)

    def run_one(stage: str, failed: str) -> StageOutcome:
        if failed:
            work = partial(_known, StageOutcome(stage, "not run", failed))
        elif stage in up_to_date:
            work = partial(_known, StageOutcome(stage, "cached", "up-to-date"))
        else:
            work = partial(_update, stage, processes, patience_of(dag, stage))
        return watch.run(stage, work, dag.upstream[stage])

    try:
        return run_in_order(dag.upstream, run_one, max_workers, processes.stop)
    finally:
        processes.close()
        mend_rwlock(dag.root)


def _why(outcome: StageOutcome, reasons: Reasons) -> str:
    if outcome.status == "not run":
        return f"{outcome.detail} failed before it"
    return reasons.why(outcome.stage)


def _known(outcome: StageOutcome, _report: LineCallback) -> StageOutcome:
    return outcome


def _update(
    stage: str, processes: StageProcesses, patience: Patience, report: LineCallback
) -> StageOutcome:
    """Run one stage; a full disk or a read-only folder is a failure of the stage."""
    try:
        return run_stage(stage, processes, report, patience)
    except OSError as error:
        return StageOutcome(stage, "failed", f"the flow could not run it: {error}")


def patience_of(dag: StageDag, stage: str) -> Patience:
    """Limits of a stage: `meta: timeout_minutes` in dvc.yaml; 0 is no limit."""
    minutes = dag.meta.get(stage, {}).get("timeout_minutes")
    if minutes is None:
        return Patience()
    return Patience(timeout_s=60.0 * minutes or None)


def _fail_if_changed_since(dag: StageDag, outcomes: list[StageOutcome]) -> list[StageOutcome]:
    """Mark the stages whose code, parameters or data changed after they ended.

    A change while a stage runs is found by the stage itself, which refuses its result.
    """
    changed = read_changes(dag)
    detail = "it ended, and then its code, parameters or data changed; run it again"
    return [
        replace(outcome, status="failed", detail=detail)
        if outcome.stage in changed and outcome.status in ("ran", "cached")
        else outcome
        for outcome in outcomes
    ]
