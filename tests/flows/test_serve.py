"""`python -m flows.serve` against a real Prefect server, with real runs and real kills.

With some versions of the server's libraries everything else works, but no scheduled run starts and
no log says so; only a test that waits for the clock sees it.
"""

import os
import signal
import time

import pytest

from flows.project_name import clone_tag
from tests.flows.prefect_processes import prefect_server, processes_in

pytestmark = pytest.mark.slow
EVERY_MINUTE = ("--cron", "* * * * *")
WAIT = "pathlib.Path('began').touch(); time.sleep(300)"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with prefect_server(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture
def busy(project):
    """Make the next run of the project last for minutes; return the file that says it began."""

    def order(scale):
        (project.root / "began").unlink(missing_ok=True)
        project.order("prepare", WAIT)
        project.set_params(scale=scale)
        return project.root / "began"

    return order


@pytest.fixture
def served(server, project):
    """Serve the project; `of(type)` asks for its runs only."""
    name = project.root.parent.name.replace("_", "-")
    of_project = ("--root", project.root)

    def serve(*options, log="serve"):
        return server.program(
            f"{name}-{log}", "flows.serve", "--in-place", *of_project, "--name", name, *options
        )

    serve.name = name
    serve.runs = lambda *types: server.runs(*types, tags={"all_": [clone_tag(project.root)]})
    return serve


def test_a_schedule_fires_twice_and_fires_during_a_run_are_skipped(served, project, busy):
    with served(*EVERY_MINUTE) as serve:
        assert "in UTC, next at" in serve.says("serving retrain/")
        serve.wait_for(lambda: len(served.runs("COMPLETED")) == 2, 200)
        began = busy(scale=2)
        serve.wait_for(began.exists, 90)
        serve.wait_for(lambda: len(served.runs("CANCELLED")) == 2, 180)
        late = [run for run in served.runs("SCHEDULED") if run["state"]["name"] == "Late"]
        under_way = served.runs("RUNNING", "PENDING")
        serve.process.terminate()
        began_s = time.monotonic()
        serve.process.wait(30)
        elapsed_s = time.monotonic() - began_s
    first, second = served.runs("COMPLETED")
    assert first["created_by"]["type"] == second["created_by"]["type"] == "SCHEDULE"
    assert first["state"]["message"] == "1 cached, 4 ran"
    assert second["state"]["message"] == "5 cached"
    assert {run["state"]["name"] for run in served.runs("CANCELLED")} == {"Skipped"}
    assert late == []
    assert len(under_way) == 1
    assert serve.process.returncode == 130
    assert elapsed_s < 15
    assert served.runs("RUNNING", "PENDING") == []
    assert processes_in(project.root) == []


def test_new_films_start_one_run_and_an_unchanged_folder_none(served, project):
    inbox = project.root / "inbox"
    inbox.mkdir()
    with served("--watch", "inbox", "--quiet-s", "3", "--poll-s", "1") as serve:
        serve.wait_for(lambda: len(served.runs("COMPLETED")) == 1, 90)  # the first look
        (run,) = served.runs("COMPLETED")
        serve.says("nothing new")
        for i in range(5):  # a copy in progress
            (inbox / f"{i}.jpeg").write_bytes(b"film")
            time.sleep(1)
        serve.wait_for(lambda: len(served.runs("COMPLETED")) == 2, 90)
        time.sleep(10)
        assert len(served.runs("COMPLETED", "RUNNING", "PENDING", "SCHEDULED")) == 2
    assert run["created_by"]["type"] == "AUTOMATION"
    assert serve.log.count("sent the event") == 2
    assert "inbox changed; waiting until it is quiet for 3 s" in serve.log


def test_an_event_of_another_flow_starts_a_run(served, server):
    with served() as serve:
        serve.says("no schedule")
        event = ["lungline.retrain.requested", "--resource-id", f"lungline.project.{served.name}"]
        assert server.ends("prefect", "event", "emit", *event).returncode == 0
        serve.wait_for(lambda: served.runs("COMPLETED"), 90)
        event[0] = "lungline.drift.found"  # it only proposes
        assert server.ends("prefect", "event", "emit", *event).returncode == 0
        time.sleep(8)
        assert len(served.runs("COMPLETED", "RUNNING", "PENDING", "SCHEDULED")) == 1


def test_a_kill_blocks_no_run_and_the_next_start_closes_what_it_left(served, server, project, busy):
    began = busy(scale=3)
    with served(log="first") as serve:
        serve.says("serving")
        deployment = f"retrain/{served.name}"
        assert server.ends("prefect", "deployment", "run", deployment).returncode == 0
        serve.wait_for(began.exists, 90)
        (left,) = served.runs("RUNNING")
        os.killpg(serve.process.pid, signal.SIGKILL)  # the program and the process of the run
        for pid in processes_in(project.root):
            os.kill(pid, signal.SIGKILL)
    assert [run["id"] for run in served.runs("RUNNING")] == [left["id"]]
    project.withdraw("prepare")
    with served(log="second") as serve:
        assert f"closed the run {left['name']}" in serve.says("serving")
        assert server.ends("prefect", "deployment", "run", deployment).returncode == 0
        serve.wait_for(lambda: served.runs("COMPLETED"), 60)
    assert [run["id"] for run in served.runs("CRASHED")] == [left["id"]]
    assert served.runs("RUNNING") == []


def test_a_name_that_another_project_has_is_refused(
    served, server, project, make_project, tmp_path
):
    other = make_project(tmp_path / "other")
    with served(*EVERY_MINUTE) as serve:
        serve.says("serving")
        command = ("flows.serve", "--root", other.root, "--name", served.name)
        refused = server.ends(*command, "--cron", "0 2 * * *")
        twice = server.ends("flows.serve", "--root", project.root, "--name", "another")
        deployment = server.deployment(f"retrain/{served.name}")
    assert refused.returncode == twice.returncode == 2
    assert f"found: retrain/{served.name}, which belongs to" in refused.stderr
    assert "One process serves a project." in twice.stderr
    assert [s["schedule"]["cron"] for s in deployment["schedules"]] == ["* * * * *"]
