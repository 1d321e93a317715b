"""What follows the stages: the gate decides, the results are committed, the release is promoted."""

import subprocess
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

from flows.commit_results import commit_results
from flows.dag import FlowError
from flows.outcome import StageOutcome
from flows.publish.champion_copy import fill_champion
from flows.publish.errors import PublishError
from flows.publish.gate_decision import decision_on_release, describe_decision, is_decided
from flows.publish.promotion import promote
from flows.publish.release_commit import RELEASE_STAGE, release_at
from flows.stage_log import LineCallback
from flows.watch import StepWork, Watch
from tasks.core import paths
from tasks.core.champion import read_release_tags
from tasks.core.dvc_hash import dvc_md5
from tasks.core.errors import LunglineError
from tasks.core.params import load_params

GATE, COMMIT, PUBLISH = "gate", "commit", "publish"
_REFUSED = "refuse"
_GONE_WELL = ("ran", "cached", "refused")


def follow_stages(
    root: Path,
    stages: Collection[str],
    watch: Watch,
    renew: Callable[[], list[StageOutcome]],
    *,
    publish: bool,
) -> list[StageOutcome]:
    """Let the gate decide about the release; if asked, commit the results and promote it.

    Args:
        root: Folder that holds `.dvc`; all stages are up to date.
        stages: Of the run; without `release` nothing follows.
        watch: Who sees the run.
        renew: Function that runs the stages that are not up to date. The gate enters its reading in
            the test ledger, which the pages show.
        publish: Whether to commit and promote.

    Returns:
        The outcome of each step. A refusal of the gate is no failure.
    """
    if RELEASE_STAGE not in stages:
        return []
    outcomes = [watch.run(GATE, _step(GATE, partial(_decide, root)), [RELEASE_STAGE])]
    if outcomes[-1].status in ("ran", "refused"):
        outcomes += renew()
    if publish and all(one.status in _GONE_WELL for one in outcomes):
        work = _step(COMMIT, partial(_commit, root))
        outcomes.append(watch.run(COMMIT, work, [GATE]))
    if publish and all(one.status in ("ran", "cached") for one in outcomes):
        work = _step(PUBLISH, partial(_promote, root))
        outcomes.append(watch.run(PUBLISH, work, [COMMIT]))
    return outcomes


def _step(name: str, work: StepWork) -> StepWork:
    """The work with its time; an expected error is a failure of the step."""

    def timed(report: LineCallback) -> StageOutcome:
        started_s = time.monotonic()
        try:
            outcome = work(report)
        except PublishError as error:
            outcome = StageOutcome(name, "failed", error.found, last_lines=_lines(error))
        except (LunglineError, OSError) as error:
            outcome = StageOutcome(name, "failed", "it could not be done", last_lines=_lines(error))
        return replace(outcome, elapsed_s=time.monotonic() - started_s)

    return timed


def _lines(error: Exception) -> tuple[str, ...]:
    return tuple(str(error).splitlines())


def _decide(root: Path, report: LineCallback) -> StageOutcome:
    """Run the gate, unless it has decided about these two networks, or the release is in use."""
    champion = _champion(root)
    if champion is not None and dvc_md5(champion) == dvc_md5(root / paths.RELEASE):
        return StageOutcome(GATE, "cached", f"the release is {champion.name}, which is in use")
    is_old = is_decided(root, champion)
    if not is_old:
        _run_gate(root, champion, report)
    decision, headline = describe_decision(root)
    if decision == _REFUSED:
        return StageOutcome(GATE, "refused", headline)
    return StageOutcome(GATE, "cached" if is_old else "ran", headline)


def _champion(root: Path) -> Path | None:
    """Folder of the version in use, filled."""
    tags = read_release_tags(root)
    if tags.champion is None:
        return None
    return fill_champion(root, tags.champion, release_at(root, tags.versions[tags.champion]))


def _run_gate(root: Path, champion: Path | None, report: LineCallback) -> None:
    """Run the program of the gate; it ends with this process."""
    command = [sys.executable, "-m", "tasks.gate", "--challenger", str(paths.RELEASE)]
    if champion is not None:
        command += ["--champion", str(champion.relative_to(root))]
    done = subprocess.run(
        command,
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    for line in lines:
        report(line)
    if done.returncode:
        raise FlowError(
            "The gate must be able to decide about the release.",
            found=" ".join(lines[-4:]) or f"status {done.returncode}",
            where=" ".join(command[1:]),
            next_step="Correct what it names, and run it again.",
        )


def _commit(root: Path, report: LineCallback) -> StageOutcome:
    decision, headline = decision_on_release(root) or ("", "")
    title = f"chore(retrain): record the results\n\n{headline}".strip()
    commit = commit_results(root, title)
    if commit is None:
        return StageOutcome(COMMIT, "cached", "no result changed")
    report(f"commit {commit[:10]} {decision}".strip())
    return StageOutcome(COMMIT, "ran", commit[:10])


def _promote(root: Path, report: LineCallback) -> StageOutcome:
    before = read_release_tags(root).champion
    remote = load_params(root / paths.PARAMS).release.git_remote
    version = promote(root, report, git_remote=remote)
    return StageOutcome(PUBLISH, "cached" if version == before else "ran", f"{version} is in use")
