"""A stage that fails, and a flow that is interrupted."""

import os
import re
import signal
import subprocess
import time

import pytest

from tests.flows.flow_runs import (
    PROJECT_ROOT,
    STAGES,
    UP_TO_DATE,
    command_line,
    is_alive,
    outcomes_of,
    run_flow,
    wait_for_task_runs,
)

pytestmark = pytest.mark.usefixtures("prefect_api")


@pytest.fixture(scope="module")
def failure(tmp_path_factory, make_project, prefect_api):
    """Run the program on a project in which train@a fails at once and train@b is slow."""
    project = make_project(tmp_path_factory.mktemp("failure") / "project")
    project.order("train@a", "print('\\n'.join(f'epoch {i}' for i in range(40))); sys.exit(3)")
    project.order("train@b", "time.sleep(2)")
    (project.root / "reports").mkdir()
    (project.root / "reports/index.html").write_text("the last good report")
    return project, run_program(prefect_api, "--root", project.root)


def run_program(prefect_api, *arguments):
    """Run `python -m flows.retrain` on the server."""
    return subprocess.run(
        command_line(*arguments),
        cwd=PROJECT_ROOT,
        env={**os.environ, "PREFECT_API_URL": prefect_api},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_failing_stage_gives_exit_code_1(failure):
    assert failure[1].returncode == 1


def test_independent_stages_continue_and_dependent_stages_do_not_run(failure):
    project, done = failure
    rows = [re.split(r"\s{2,}", line) for line in done.stdout.splitlines()[2:7]]
    table = {stage: outcome for stage, outcome, *_ in rows}
    assert table == {
        "raw.txt.dvc": UP_TO_DATE,
        "prepare": "ran",
        "train@a": "failed",
        "train@b": "ran",
        "compare": "not run",
    }
    assert project.n_runs() == {"prepare": 1, "train@b": 1}


def test_the_output_ends_with_the_last_lines_of_the_failed_stage(failure):
    project, done = failure
    lines = done.stdout.split("\n\n")[-1].splitlines()
    assert lines[0] == "train@a failed: exited with 3"
    assert lines[1:-1] == [f"epoch {i}" for i in range(25, 40)]
    assert lines[-1].startswith("(whole output: .dvc/tmp/retrain/train@a-")
    assert "report:" not in done.stdout  # it would be that of an earlier run
    assert project.root.is_dir()


def test_each_line_is_logged_with_the_name_of_its_stage(failure):
    lines = failure[1].stderr.splitlines()
    assert any(line.endswith(" train@a | epoch 0") for line in lines)
    assert any(line.endswith(" train@a | Failed: train@a failed: exited with 3") for line in lines)
    assert not any("To track the changes" in line or "\\n" in line for line in lines)


def test_prefect_shows_the_failure_with_the_last_lines_of_the_stage(project):
    project.order("train@a", "print('no films'); sys.exit(3)")
    state = run_flow(project)
    assert state.is_failed()
    assert "train@a failed: exited with 3\ntrain@a reads ['prepared.txt']\nno films\n" in (
        state.message
    )
    runs = wait_for_task_runs(state.state_details.flow_run_id, len(STAGES))
    assert runs["train@a"][:2] == ("FAILED", "Failed")
    assert "no films" in runs["train@a"][2]
    assert runs["train@b"][:2] == ("COMPLETED", "Ran")
    assert runs["compare"] == ("CANCELLED", "NotRun", "train@a failed before it")

    project.withdraw("train@a")
    repeated = outcomes_of(run_flow(project))
    assert [s for s in STAGES if repeated[s] == "ran"] == ["train@a", "compare"]


def test_an_expected_error_of_the_flow_has_no_traceback(project, prefect_api):
    done = run_program(prefect_api, "--root", project.root, "--publish")
    assert done.returncode == 2
    assert "found: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("signal_number", "return_code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)],
)
def test_an_interrupted_flow_leaves_no_process(project, prefect_api, signal_number, return_code):
    for stage in ("train@a", "train@b"):
        project.order(
            stage,
            "import subprocess\n"
            "child = subprocess.Popen(['sleep', '300'])\n"
            f"pathlib.Path('pids.{stage}').write_text(f'{{os.getpid()}} {{child.pid}} ')\n"
            "time.sleep(300)",
        )
    flow = subprocess.Popen(
        command_line("--root", project.root),
        cwd=PROJECT_ROOT,
        env={**os.environ, "PREFECT_API_URL": prefect_api},
        stderr=subprocess.PIPE,
        text=True,
        # Background jobs of a shell, and their children, ignore SIGINT
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    paths = [project.root / f"pids.train@{model}" for model in "ab"]
    try:
        deadline_s = time.monotonic() + 60
        while not all(path.exists() and path.read_text().endswith(" ") for path in paths):
            assert flow.poll() is None
            assert time.monotonic() < deadline_s
            time.sleep(0.1)
        flow.send_signal(signal_number)
        _, stderr = flow.communicate(timeout=30)
    finally:
        flow.kill()
        flow.wait()
    pids = [pid for path in paths for pid in path.read_text().split()]
    assert len(pids) == 4
    assert not any(is_alive(pid) for pid in pids)
    assert flow.returncode == return_code
    assert "finished stages are kept" in stderr
    assert project.n_runs() == {"prepare": 1}
