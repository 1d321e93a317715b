"""A stage that stalls, is locked by a stranger, or leaves a log is dealt with in good time."""

import json
import os
import signal
import subprocess
import threading
import time

import pytest

from flows import stage_processes
from flows.busy_stage import mend_rwlock, strangers
from flows.dag import read_dag
from flows.dvc_stage import Patience, run_stage
from flows.retrain.in_terminal import run_in_terminal
from flows.retrain.steps import patience_of
from flows.run_story.likely_cause import explain_failure
from flows.stage_log import LOGS, N_KEPT_LOGS, remove_old_logs
from flows.stage_processes import StageProcesses
from tests.flows.flow_runs import is_alive


def run(project, stage, report=str, **patience):
    processes = StageProcesses(project.root)
    try:
        return run_stage(stage, processes, report, Patience(**patience))
    finally:
        processes.close()


def test_a_stopped_stage_is_ended_at_its_limit(project, monkeypatch):
    monkeypatch.setattr(stage_processes, "STOP_GRACE_S", 1.0)
    project.order(
        "prepare",
        "import signal; pathlib.Path('pid').write_text(str(os.getpid()))\n"
        "os.kill(os.getpid(), signal.SIGSTOP)",
    )
    outcome = run(project, "prepare", timeout_s=4.0)
    assert outcome.status == "failed"
    assert outcome.detail.startswith("did not end within 4 s, and was ended")
    assert not is_alive((project.root / "pid").read_text())


def test_silence_is_a_warning_and_a_line_ends_it(project):
    project.order("prepare", "time.sleep(2.2); print('here', flush=True)")
    lines: list[str] = []
    assert run(project, "prepare", lines.append, silence_s=0.5).status == "ran"
    warnings = [line for line in lines if line.startswith("WARNING: no line of output for")]
    assert {line.split()[-2] for line in warnings} >= {"0.5", "1"}  # each twice as late
    assert lines.index("here") > lines.index(warnings[-1])


def test_the_limit_of_a_stage_stands_in_dvc_yaml(project):
    text = (project.root / "dvc.yaml").read_text()
    limits = (
        "  prepare:\n    meta: {timeout_minutes: 2}",
        "  compare:\n    meta: {timeout_minutes: 0}",
    )
    for stage, limited in zip(("  prepare:", "  compare:"), limits, strict=True):
        text = text.replace(stage, limited)
    (project.root / "dvc.yaml").write_text(text)
    dag = read_dag(project.root)
    assert patience_of(dag, "prepare").timeout_s == 120
    assert patience_of(dag, "compare").timeout_s is None
    assert patience_of(dag, "train@a") == Patience()


def test_a_number_that_a_stranger_took_over_is_named_at_once(project):
    stranger = subprocess.Popen(["sleep", "300"])
    try:
        holder = {"pid": stranger.pid, "cmd": "dvc repro"}
        rwlock = project.root / ".dvc/tmp/rwlock"
        rwlock.parent.mkdir(exist_ok=True)
        rwlock.write_text(json.dumps({"write": {str(project.root / "prepared.txt"): holder}}))
        outcome = run(project, "prepare")
    finally:
        stranger.kill()
        stranger.wait()
    assert outcome.status == "failed"
    assert f"process {stranger.pid} is `sleep 300`" in outcome.detail
    assert "remove .dvc/tmp/rwlock" in outcome.detail


@pytest.mark.parametrize("text", ["", '{"write": {"/x'])
def test_a_lock_file_that_a_killed_dvc_cut_off_is_mended(project, text):
    rwlock = project.root / ".dvc/tmp/rwlock"
    rwlock.parent.mkdir(exist_ok=True)
    rwlock.write_text(text)
    assert run_in_terminal(project.root, "prepare", 1).failures == []
    assert project.n_runs() == {"prepare": 1}


def test_a_whole_lock_file_stays(project):
    rwlock = project.root / ".dvc/tmp/rwlock"
    assert not mend_rwlock(project.root)
    rwlock.parent.mkdir(exist_ok=True)
    rwlock.write_text("{}")
    assert not mend_rwlock(project.root)
    assert rwlock.exists()


def test_a_dvc_and_an_unreadable_process_are_no_strangers():
    assert strangers({1: "python -m dvc repro", 2: ""}) == {}


def test_only_the_newest_logs_of_failures_are_kept(tmp_path):
    (tmp_path / LOGS).mkdir(parents=True)
    now_s = time.time()
    for number in range(N_KEPT_LOGS + 3):
        path = tmp_path / LOGS / f"{number}.log"
        path.touch()
        os.utime(path, (now_s - 1000 + number,) * 2)
    remove_old_logs(tmp_path)
    kept = sorted(int(path.stem) for path in (tmp_path / LOGS).iterdir())
    assert kept == list(range(3, N_KEPT_LOGS + 3))


def test_a_lost_starter_fails_its_stage_and_the_next_stage_gets_a_new_one(project):
    project.order("prepare", "pathlib.Path('began').touch(); time.sleep(300)")
    processes = StageProcesses(project.root)
    outcomes = []
    stage = threading.Thread(
        target=lambda: outcomes.append(run_stage("prepare", processes, str, Patience()))
    )
    stage.start()
    deadline_s = time.monotonic() + 30
    while not (project.root / "began").exists():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    os.kill(processes.starter_pid, signal.SIGKILL)
    stage.join(30)
    assert outcomes[0].status == "failed"
    project.withdraw("prepare")
    assert run_stage("prepare", processes, str, Patience()).status == "ran"
    processes.close()


def test_a_disk_error_of_the_flow_is_a_failed_stage(project):
    (project.root / ".dvc/tmp").mkdir(exist_ok=True)
    (project.root / LOGS).write_text("a file where the flow makes a folder")
    result = run_in_terminal(project.root, "prepare", 1)
    assert [outcome.stage for outcome in result.failures] == ["prepare"]
    assert "File exists" in result.failures[0].detail


def test_a_stage_that_is_edited_during_the_run_is_no_success(project):
    project.dvc("repro", "--quiet", "train@a")
    project.order(
        "train@b",
        "pathlib.Path('params.json').write_text(json.dumps("
        "{'scale': 1, 'rate_a': 0.9, 'rate_b': 0.1}))",
    )
    result = run_in_terminal(project.root, None, 1)
    assert [outcome.stage for outcome in result.failures] == ["train@a"]
    assert "it ended, and then its" in result.failures[0].detail
    assert "is recorded with the former inputs" in explain_failure(result.failures[0])


@pytest.mark.parametrize("status", ["failed", "stopped"])
def test_stages_after_a_failed_one_name_it(status):
    from flows.outcome import StageOutcome
    from flows.stage_queue import run_in_order

    def run_one(stage, failed):
        if stage == "a":
            return StageOutcome("a", status)
        return StageOutcome(stage, "not run", failed) if failed else StageOutcome(stage, "ran")

    upstream = {"a": (), "b": ("a",), "c": ("b",), "d": ()}
    details = [outcome.detail for outcome in run_in_order(upstream, run_one, 2, str)]
    assert details == ["", "a", "a", ""]
