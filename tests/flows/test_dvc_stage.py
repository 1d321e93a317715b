"""One stage that DVC runs: its outcome, its output, and how it is stopped."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flows import dvc_stage, stage_processes
from flows.dvc_stage import Patience, run_stage
from flows.stage_processes import StageProcesses
from tests.flows.flow_runs import is_alive


def wait_until(holds, timeout_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline_s, "the condition did not become true"
        time.sleep(0.05)


def run(project, stage, report=str, **patience):
    processes = StageProcesses(project.root)
    try:
        return run_stage(stage, processes, report, Patience(**patience))
    finally:
        processes.close()


def test_ran_then_up_to_date_then_run_cache(project):
    assert run(project, "prepare").status == "ran"
    assert run(project, "prepare").detail == "up-to-date"
    project.set_params(scale=2)
    assert run(project, "prepare").status == "ran"
    project.set_params(scale=1)
    assert run(project, "prepare").detail == "run-cache"
    assert project.n_runs() == {"prepare": 2}
    assert list((project.root / ".dvc/tmp/retrain").iterdir()) == []  # no log is left behind


def test_lines_arrive_while_the_stage_runs_without_hints_of_dvc(project):
    project.order("prepare", "import time; print('slow'); time.sleep(1.5); print('done')")
    seen: list[tuple[float, str]] = []

    run(project, "prepare", lambda line: seen.append((time.time(), line)))

    assert [line for _, line in seen] == [
        "> exec python stage.py prepare prepared.txt scale raw.txt",
        "prepare reads ['raw.txt']",
        "slow",
        "done",
    ]
    assert seen[3][0] - seen[2][0] > 1.0


def test_a_stage_runs_with_the_python_of_the_flow(project):
    project.order("prepare", "print(sys.executable)")
    lines: list[str] = []
    run(project, "prepare", lines.append)
    assert Path(lines[-1]).parent == Path(sys.executable).parent


def test_a_failing_stage_leaves_its_last_lines_and_its_log(project):
    project.order("prepare", "print('no films'); sys.exit(3)")
    outcome = run(project, "prepare")
    assert (outcome.status, outcome.detail) == ("failed", "exited with 3")
    assert outcome.last_lines == ("prepare reads ['raw.txt']", "no films")
    assert outcome.log_path is not None
    assert "no films" in outcome.log_path.read_text()


@pytest.fixture
def busy_project(project):
    """A project in which another process runs `prepare` until the file `orders/go` exists."""
    project.order("prepare", "while not os.path.exists('orders/go'): time.sleep(0.05)")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    other = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "--quiet", "--single-item", "prepare"],
        cwd=project.root,
        env=environment,
    )
    try:
        rwlock = project.root / ".dvc/tmp/rwlock"
        wait_until(lambda: rwlock.exists() and "prepared.txt" in rwlock.read_text())
        yield project
    finally:
        project.order("go", "")
        assert other.wait(20) == 0


def test_the_flow_waits_for_another_process_that_runs_the_stage(busy_project, monkeypatch):
    monkeypatch.setattr(dvc_stage, "BUSY_WAIT_S", 0.2)
    lines: list[str] = []

    def listen(line: str) -> None:
        lines.append(line)
        if "waiting" in line:
            busy_project.order("go", "")

    outcome = run(busy_project, "prepare", listen)

    (waiting,) = [line for line in lines if "waiting" in line]  # once, not every two seconds
    assert re.match(r"another process runs this stage; waiting for it: PID \d+ `.*dvc", waiting)
    assert not [line for line in lines if "remove" in line or ("PID" in line and line != waiting)]
    assert outcome.detail == "up-to-date"
    assert busy_project.n_runs() == {"prepare": 1}


def test_waiting_for_another_process_is_limited(busy_project):
    outcome = run(busy_project, "prepare", busy_s=0.0)
    assert outcome.status == "failed"
    assert "remove .dvc/tmp/rwlock" in outcome.detail
    assert any("(PID " in line for line in outcome.last_lines)


@pytest.mark.parametrize("ignores_sigterm", [False, True])
def test_stopping_ends_the_stage_and_its_children(project, monkeypatch, ignores_sigterm):
    monkeypatch.setattr(stage_processes, "STOP_GRACE_S", 1.0)
    project.order(
        "prepare",
        "import signal, subprocess\n"
        + ("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if ignores_sigterm else "")
        + "child = subprocess.Popen(['sleep', '300'])\n"
        "pathlib.Path('pids').write_text(f'{os.getpid()} {child.pid} {os.getppid()} ')\n"
        "time.sleep(300)",
    )
    processes = StageProcesses(project.root)
    outcomes: list[dvc_stage.StageOutcome] = []
    flow = threading.Thread(
        target=lambda: outcomes.append(run_stage("prepare", processes, str, Patience()))
    )
    flow.start()
    pids_path = project.root / "pids"
    wait_until(lambda: pids_path.exists() and pids_path.read_text().endswith(" "))
    pids = [int(pid) for pid in pids_path.read_text().split()]
    assert all(is_alive(pid) for pid in pids)

    processes.stop()
    flow.join(10)

    assert outcomes[0].status == "stopped"
    wait_until(lambda: not any(is_alive(pid) for pid in pids), 2.0)


def test_no_stage_starts_when_the_flow_is_stopping(project):
    processes = StageProcesses(project.root)
    processes.stop()
    assert run_stage("prepare", processes, str, Patience()).status == "stopped"
    assert project.n_runs() == {}
