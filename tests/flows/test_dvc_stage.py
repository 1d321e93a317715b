"""One stage through DVC: what happened, what it said, and that it can be ended."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flows import dvc_stage
from flows.dvc_stage import ProcessGroups, own_last_lines, read_lines, read_outcome, run_stage

FAILED_RUN = """\
Running stage 'train@b':
> exec python -m tasks.train --model b

epoch 1
epoch 2
ValueError: no films
ERROR: failed to reproduce 'train@b': failed to run: exec python -m tasks.train, exited with 3
""".splitlines()
LOG = Path("x.log")


def alive(pid: int) -> bool:
    """Whether a process still runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(holds, timeout_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come to pass"
        time.sleep(0.05)


def run(project, stage, lines=None, **options):
    report = (lambda _: None) if lines is None else lines.append
    return run_stage(stage, project.root, ProcessGroups(), report, **options)


@pytest.mark.parametrize(
    ("said", "status", "detail"),
    [
        ("Stage 'train@b' didn't change, skipping", "cached", "up-to-date"),
        ("'raw.txt.dvc' didn't change, skipping", "cached", "up-to-date"),
        (
            "Stage 'train@b' is cached - skipping run, checking out outputs",
            "cached",
            "run-cache",
        ),
        ("Running stage 'train@b':", "ran", ""),
        ("Verifying data sources in stage: 'raw.txt.dvc'", "ran", ""),
    ],
)
def test_the_outcome_is_what_dvc_says(said, status, detail):
    outcome = read_outcome("s", 0, ["WARNING: something", said], 1.0, LOG)
    assert (outcome.status, outcome.detail) == (status, detail)


def test_a_stage_cannot_pass_itself_off_as_cached():
    lines = ["Running stage 'train':", "> exec python x", "Stage 'train' didn't change, skipping"]
    assert read_outcome("train", 0, lines, 1.0, LOG).status == "ran"


def test_last_words_are_the_stages_own():
    outcome = read_outcome("train@b", 255, FAILED_RUN, 1.0, LOG)
    assert outcome.detail == "exited with 3"
    assert outcome.last_lines == ("epoch 1", "epoch 2", "ValueError: no films")


def test_last_words_are_at_most_as_many_as_asked():
    assert own_last_lines(FAILED_RUN, 2) == ("epoch 2", "ValueError: no films")


def test_a_stage_that_never_started_leaves_dvcs_words():
    lines = ["ERROR: failed to reproduce 'prepare': missing data 'source': raw.txt"]
    outcome = read_outcome("prepare", 255, lines, 1.0, LOG)
    assert outcome.detail == "missing data 'source': raw.txt"
    assert outcome.last_lines == tuple(lines)


def test_a_killed_dvc_is_said_to_be_killed():
    lines = ["Running stage 'train':", "> exec python x", "epoch 1"]
    outcome = read_outcome("train", -9, lines, 1.0, LOG)
    assert (outcome.detail, outcome.last_lines) == ("killed by SIGKILL", ("epoch 1",))


def test_of_a_progress_bar_only_the_last_picture_counts(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"10%\r50%\r100%\r\nd\xc3\xa9j\xc3\xa0 \xff\n")
    assert read_lines(log) == ["100%", "déjà �", ""]


def test_ran_then_up_to_date_then_run_cache(project):
    assert run(project, "prepare").status == "ran"
    assert run(project, "prepare").detail == "up-to-date"
    project.set_params(scale=2)
    assert run(project, "prepare").status == "ran"
    project.set_params(scale=1)
    assert run(project, "prepare").detail == "run-cache"
    assert project.n_runs() == {"prepare": 2}
    assert list((project.root / ".dvc/tmp/retrain").iterdir()) == []  # no log is left behind


def test_lines_come_while_the_stage_runs_and_without_dvcs_hints(project):
    project.order("prepare", "import time; print('slow'); time.sleep(1.5); print('done')")
    seen: list[tuple[float, str]] = []

    run_stage(
        "prepare", project.root, ProcessGroups(), lambda line: seen.append((time.time(), line))
    )

    assert [line for _, line in seen] == [
        "> exec python stage.py prepare prepared.txt scale raw.txt",
        "prepare reads ['raw.txt']",
        "slow",
        "done",
    ]
    assert seen[3][0] - seen[2][0] > 1.0


def test_stages_run_with_the_python_of_the_flow(project):
    project.order("prepare", "print(sys.executable)")
    lines: list[str] = []
    run(project, "prepare", lines)
    assert Path(lines[-1]).parent == Path(sys.executable).parent


def test_a_failing_stage_leaves_its_last_words_and_its_log(project):
    project.order("prepare", "print('no films'); sys.exit(3)")
    outcome = run(project, "prepare")
    assert (outcome.status, outcome.detail) == ("failed", "exited with 3")
    assert outcome.last_lines == ("prepare reads ['raw.txt']", "no films")
    assert outcome.log_path is not None
    assert "no films" in outcome.log_path.read_text()


@pytest.fixture
def busy_project(project):
    """A project in which another process runs `prepare`, for as long as `orders/go` is missing."""
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


def test_a_stage_another_process_runs_is_waited_for(busy_project, monkeypatch):
    monkeypatch.setattr(dvc_stage, "BUSY_WAIT_S", 0.2)
    lines: list[str] = []

    def listen(line: str) -> None:
        lines.append(line)
        if "waiting" in line:
            busy_project.order("go", "")

    outcome = run_stage("prepare", busy_project.root, ProcessGroups(), listen)

    assert "another process is at work on this stage; waiting for it" in lines
    assert outcome.detail == "up-to-date"
    assert busy_project.n_runs() == {"prepare": 1}


def test_waiting_for_another_process_has_an_end(busy_project):
    outcome = run(busy_project, "prepare", busy_timeout_s=0.0)
    assert outcome.status == "failed"
    assert "remove .dvc/tmp/rwlock" in outcome.detail
    assert any("(PID " in line for line in outcome.last_lines)


@pytest.mark.parametrize("deaf", [False, True], ids=["willing", "ignores_sigterm"])
def test_stopping_ends_the_stage_and_its_children(project, monkeypatch, deaf):
    monkeypatch.setattr(dvc_stage, "STOP_GRACE_S", 1.0)
    project.order(
        "prepare",
        "import signal, subprocess\n"
        + ("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if deaf else "")
        + "child = subprocess.Popen(['sleep', '300'])\n"
        "pathlib.Path('pids').write_text(f'{os.getpid()} {child.pid} {os.getppid()} ')\n"
        "time.sleep(300)",
    )
    groups = ProcessGroups()
    outcomes: list[dvc_stage.StageOutcome] = []
    flow = threading.Thread(
        target=lambda: outcomes.append(run_stage("prepare", project.root, groups, str))
    )
    flow.start()
    pids_path = project.root / "pids"
    wait_until(lambda: pids_path.exists() and pids_path.read_text().endswith(" "))
    pids = [int(pid) for pid in pids_path.read_text().split()]
    assert all(alive(pid) for pid in pids)

    groups.stop()
    flow.join(10)

    assert outcomes[0].status == "stopped"
    wait_until(lambda: not any(alive(pid) for pid in pids), 2.0)


def test_nothing_starts_once_the_flow_is_stopping(project):
    groups = ProcessGroups()
    groups.stop()
    assert run_stage("prepare", project.root, groups, str).status == "stopped"
    assert project.n_runs() == {}
