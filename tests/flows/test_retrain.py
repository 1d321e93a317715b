"""The flow with real parts: a DVC project, DVC processes and a Prefect server."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[2]
STAGES = ["raw.txt.dvc", "prepare", "train@a", "train@b", "compare"]
UP_TO_DATE = "cached up-to-date"


def outcomes_of(state):
    """Each stage's outcome as the table of the run says it."""
    from flows.outcome import table_rows

    return {row["stage"]: row["outcome"] for row in table_rows(state.result(False))}


def run_flow(project, **parameters):
    from flows.retrain import retrain

    return retrain(str(project.root), return_state=True, **parameters)


def read_task_runs(flow_run_id):
    """Name and state of each task of a run, as the API has them: (name, type, state, message)."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(flow_run_filter=wanted)
    return {run.name: (run.state.type.name, run.state.name, run.state.message) for run in runs}


def task_runs_once(flow_run_id, n_runs):
    """Task runs reach the API as events, a moment after the run's own state."""
    deadline_s = time.monotonic() + 20
    while True:
        runs = read_task_runs(flow_run_id)
        if len(runs) == n_runs and all(kind != "RUNNING" for kind, _, _ in runs.values()):
            return runs
        assert time.monotonic() < deadline_s, runs
        time.sleep(0.2)


def command_line(*arguments):
    return [sys.executable, "-m", "flows.retrain", *map(str, arguments)]


pytestmark = pytest.mark.usefixtures("prefect_api")


@pytest.fixture(scope="module")
def history(tmp_path_factory, make_project, prefect_api):  # noqa: ARG001 - the runs need it
    """One project through four runs: cold, unchanged, one parameter changed, changed back.

    Per run: the state, the stages' outcomes and how often each command had run by then.
    """
    project = make_project(tmp_path_factory.mktemp("history") / "project")
    project.order("train@a", "time.sleep(1.5)")
    project.order("train@b", "time.sleep(1.5)")
    runs = {}
    for name, params in {
        "cold": {},
        "unchanged": {},
        "changed": {"rate_b": 0.2},
        "reverted": {},
    }.items():
        project.set_params(**params)
        state = run_flow(project)
        runs[name] = (state, outcomes_of(state), project.n_runs())
        if name == "cold":
            runs["spans"] = {stage: project.last_span(stage) for stage in ("train@a", "train@b")}
    return runs


def test_a_cold_run_runs_every_stage(history):
    state, outcomes, n_runs = history["cold"]
    assert state.is_completed()
    assert outcomes == {"raw.txt.dvc": UP_TO_DATE} | dict.fromkeys(STAGES[1:], "ran")
    assert n_runs == dict.fromkeys(STAGES[1:], 1)


def test_independent_stages_overlap(history):
    (a_began, a_ended), (b_began, b_ended) = history["spans"].values()
    assert max(a_began, b_began) < min(a_ended, b_ended)


def test_an_unchanged_project_starts_no_process(history):
    state, outcomes, n_runs = history["unchanged"]
    assert outcomes == dict.fromkeys(STAGES, UP_TO_DATE)
    assert n_runs == dict.fromkeys(STAGES[1:], 1)
    assert all(outcome.elapsed_s == 0.0 for outcome in state.result())


def test_a_changed_parameter_runs_its_cone_only(history):
    _, outcomes, n_runs = history["changed"]
    assert [stage for stage in STAGES if outcomes[stage] == "ran"] == ["train@b", "compare"]
    assert n_runs == {"prepare": 1, "train@a": 1, "train@b": 2, "compare": 2}


def test_a_parameter_changed_back_takes_results_from_the_run_cache(history):
    _, outcomes, n_runs = history["reverted"]
    assert outcomes["train@b"] == outcomes["compare"] == "cached run-cache"
    assert n_runs == {"prepare": 1, "train@a": 1, "train@b": 2, "compare": 2}


@pytest.mark.parametrize(
    ("run", "stage", "shown"),
    [
        ("cold", "raw.txt.dvc", ("COMPLETED", "Cached", "up-to-date")),
        ("cold", "train@a", ("COMPLETED", "Ran", None)),
        ("reverted", "train@a", ("COMPLETED", "Cached", "up-to-date")),
        ("reverted", "train@b", ("COMPLETED", "Cached", "run-cache")),
    ],
)
def test_prefect_shows_each_stage_under_dvcs_name_with_what_dvc_did(history, run, stage, shown):
    state = history[run][0]
    runs = task_runs_once(state.state_details.flow_run_id, len(STAGES))
    assert sorted(runs) == sorted(STAGES)
    kind, name, message = runs[stage]
    assert (kind, name) == shown[:2]
    assert shown[2] is None or message == shown[2]


def test_the_table_of_stages_is_an_artifact_of_the_run(history):
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    run_id = history["changed"][0].state_details.flow_run_id
    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
    with get_client(sync_client=True) as client:
        (artifact,) = client.read_artifacts(artifact_filter=wanted)
    assert artifact.key == "retrain-stages"
    rows = {row["stage"]: row["outcome"] for row in json.loads(artifact.data)}
    assert rows == history["changed"][1]


def test_a_target_runs_itself_and_its_ancestors_only(project):
    state = run_flow(project, target="train@b", max_workers=1)
    assert outcomes_of(state) == {
        "raw.txt.dvc": UP_TO_DATE,
        "prepare": "ran",
        "train@b": "ran",
    }


@pytest.fixture(scope="module")
def failure(tmp_path_factory, make_project, prefect_api):
    """The command line on a project whose train@a fails at once while train@b takes its time."""
    project = make_project(tmp_path_factory.mktemp("failure") / "project")
    project.order("train@a", "print('\\n'.join(f'epoch {i}' for i in range(40))); sys.exit(3)")
    project.order("train@b", "time.sleep(2)")
    (project.root / "reports").mkdir()
    (project.root / "reports/index.html").write_text("the last good report")
    done = subprocess.run(
        command_line("--root", project.root),
        cwd=PROJECT_ROOT,
        env={**os.environ, "PREFECT_API_URL": prefect_api},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return project, done


def test_a_failing_stage_ends_the_program_with_1(failure):
    assert failure[1].returncode == 1


def test_siblings_go_on_and_dependents_do_not_run(failure):
    project, done = failure
    table = dict(line.rsplit(None, 1)[0].split(None, 1) for line in done.stdout.splitlines()[2:7])
    assert table == {
        "raw.txt.dvc": UP_TO_DATE,
        "prepare": "ran",
        "train@a": "failed",
        "train@b": "ran",
        "compare": "not run",
    }
    assert project.n_runs() == {"prepare": 1, "train@b": 1}


def test_the_terminal_ends_with_the_failing_stages_own_last_lines(failure):
    project, done = failure
    told = done.stdout.split("\n\n")[-1].splitlines()
    assert told[0] == "train@a failed: exited with 3"
    assert told[1:-1] == [f"epoch {i}" for i in range(25, 40)]
    assert told[-1].startswith("(whole output: .dvc/tmp/retrain/train@a-")
    assert f"report: {project.root}/reports/index.html" in done.stdout


def test_each_line_of_a_stage_stands_under_its_name_while_it_runs(failure):
    lines = failure[1].stderr.splitlines()
    assert any(line.endswith(" train@a | epoch 0") for line in lines)
    assert any(line.endswith(" train@a | Failed: train@a failed: exited with 3") for line in lines)
    assert not any("To track the changes" in line or "\\n" in line for line in lines)


def test_prefect_shows_the_failure_with_the_stages_own_last_lines(project):
    project.order("train@a", "print('no films'); sys.exit(3)")
    state = run_flow(project)
    assert state.is_failed()
    assert "train@a failed: exited with 3\ntrain@a reads ['prepared.txt']\nno films\n" in (
        state.message
    )
    runs = task_runs_once(state.state_details.flow_run_id, len(STAGES))
    assert runs["train@a"][:2] == ("FAILED", "Failed")
    assert "no films" in runs["train@a"][2]
    assert runs["train@b"][:2] == ("COMPLETED", "Ran")
    assert runs["compare"][:2] == ("PENDING", "NotReady")

    project.withdraw("train@a")
    mended = outcomes_of(run_flow(project))
    assert [s for s in STAGES if mended[s] == "ran"] == ["train@a", "compare"]


@pytest.mark.parametrize(
    ("signal_number", "return_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_nothing_outlives_an_interrupted_flow(project, prefect_api, signal_number, return_code):
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
        # A shell's background jobs, and so their children, ignore SIGINT.
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
        _, said = flow.communicate(timeout=30)
    finally:
        flow.kill()
        flow.wait()
    pids = [pid for path in paths for pid in path.read_text().split()]
    assert len(pids) == 4
    assert not any(is_alive(pid) for pid in pids)
    assert flow.returncode == return_code
    assert "what is done is kept" in said
    assert project.n_runs() == {"prepare": 1}


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_help_answers_without_loading_prefect_or_dvc():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "flows.retrain", "--help"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--serve-cron" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "argparse" in loaded
    assert not loaded & {"prefect", "dvc"}


@pytest.fixture
def main():
    """The program's own function, in this process; SIGTERM is given back afterwards."""
    from flows.retrain import main

    before = signal.getsignal(signal.SIGTERM)
    yield main
    signal.signal(signal.SIGTERM, before)


def test_what_keeps_the_flow_from_starting_is_one_error_and_code_2(main, tmp_path, project, capsys):
    assert main(["--root", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("ERROR: The flow runs the stages of a DVC project.")
    assert main(["--root", str(project.root), "--target", "trian"]) == 2
    assert "found: 'trian'" in capsys.readouterr().err
    assert main(["--root", str(project.root), "--serve-cron", "at noon"]) == 2
    assert "five cron fields" in capsys.readouterr().err
    (project.root / "dvc.yaml").write_text("stages: [")
    assert main(["--root", str(project.root)]) == 2
    assert "dvc.yaml" in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_one_error_and_code_2(main, project, capsys):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert main(["--root", str(project.root)]) == 2
    assert "where: http://127.0.0.1:9/api" in capsys.readouterr().err


def test_a_schedule_needs_a_server_that_stays(main, project, capsys):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert main(["--root", str(project.root), "--serve-cron", "0 2 * * *"]) == 2
    assert "prefect server start" in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["0", "-1", "two"])
def test_workers_are_counted_from_one(main, workers, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([f"--max-workers={workers}"])
    assert "whole number from 1 up" in capsys.readouterr().err


def test_settings_of_the_user_are_kept():
    code = (
        "import flows.retrain, os;print(os.environ['DO_NOT_TRACK'], os.environ['DVC_NO_ANALYTICS'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT_ROOT,
        env={**os.environ, "DO_NOT_TRACK": "yes"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["yes", "1"]
