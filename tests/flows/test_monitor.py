"""`python -m flows.monitor`: states, artifacts, events and exit codes, on a real server."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tests.films import ROOT, stage_environment
from tests.flows.flow_runs import is_alive
from tests.monitored_films import brighter, changed, watched_site

# Prefect 3.8 leaves the sockets of the client that stores artifacts to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
STOP_S = 20  # on a busy machine; Ctrl-C promises 5


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    site = watched_site(tmp_path_factory.mktemp("made") / "chest films")
    changed(sorted((site / "inbox").iterdir()), site / "bright", brighter)
    return site


@pytest.fixture
def site(made, tmp_path, monkeypatch):
    place = tmp_path / "chest films"
    shutil.copytree(made, place)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return place


def watch(site, inbox):
    from flows.monitor.monitor_flow import monitor

    return monitor(inbox, str(site), "network", return_state=True)


def events_named(prefix):
    """Names and payloads of the events on the server."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        body = {"filter": {"event": {"prefix": [prefix]}, "order": "ASC"}}
        found = client._client.post("/events/filter", json=body).json()["events"]
    return [(one["event"], one["resource"]["prefect.resource.id"], one["payload"]) for one in found]


def wait_for_events(n_events):
    deadline_s = time.monotonic() + 60
    while len(found := events_named("lungline.")) < n_events and time.monotonic() < deadline_s:
        time.sleep(0.3)
    return found


@pytest.mark.slow
def test_a_drift_is_shown_and_told_once(site, prefect_api):  # noqa: ARG001 - it must run
    from prefect.artifacts import Artifact

    assert watch(site, "inbox").name == "NoDrift"
    assert events_named("lungline.drift") == []
    first = watch(site, "bright")
    assert (first.name, first.is_completed()) == ("Drift", True)
    assert watch(site, "bright").name == "Drift"
    ((name, resource, payload),) = wait_for_events(1)
    assert (name, resource) == ("lungline.drift.found", "lungline.project.chest-films")
    assert payload["first_feature"] == "Brightness"
    assert payload["headline"] == first.message
    assert "/" not in payload["headline"]
    shown = Artifact.get("monitor-drift")
    assert shown is not None
    assert "| Brightness |" in shown.data
    assert Artifact.get("monitor-features") is not None
    params = site / paths.PARAMS
    values = yaml.safe_load(params.read_text())
    values["monitor"]["on_drift"] = "retrain"
    params.write_text(yaml.safe_dump(values))
    (site / "bright/known.txt").write_text("another inbox")
    watch(site, "bright")
    names = [name for name, _, _ in wait_for_events(3)]
    assert names[1:] == ["lungline.drift.found", "lungline.retrain.requested"]


def test_a_failure_shows_the_last_lines_of_the_program(site, prefect_api):  # noqa: ARG001
    state = watch(site, "missing")
    assert state.is_failed()
    assert "an inbox must be a folder that holds films" in state.message
    assert "next:" in state.message


def command(site, inbox, *arguments):
    program = [sys.executable, "-m", "flows.monitor", "--inbox", str(site / inbox)]
    return [*program, "--network", str(site / "network"), *arguments]


def without_server():
    return {k: v for k, v in stage_environment().items() if not k.startswith("PREFECT_API")}


def ended(site, inbox, *arguments):
    return subprocess.run(
        command(site, inbox, *arguments),
        cwd=site,
        env=without_server(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_a_server_the_findings_stand_in_the_terminal(site):
    done = ended(site, "bright")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Drift: brightness has moved first")
    assert done.stdout.endswith("no Prefect server: no event was sent\n")
    assert ended(site, "missing").returncode == 1
    elsewhere = ended(site, "bright", "--root", str(site / "inbox"))
    assert elsewhere.returncode == 2
    assert elsewhere.stderr.startswith("ERROR: The folder of a project must hold params.yaml.")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_flow_leaves_no_process(site, number, code):
    """The program waits for the lock of another run while the signal comes."""
    (site / paths.MONITOR).mkdir(parents=True)
    with (site / paths.MONITOR / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        flow = subprocess.Popen(
            command(site, "inbox"),
            cwd=site,
            env=without_server(),
            stderr=subprocess.DEVNULL,
        )
        child = waiting_child(flow.pid)
        os.kill(flow.pid, number)
        assert flow.wait(STOP_S) == code
        assert not is_alive(child)
    assert not (site / paths.MONITOR_HTML).exists()


def waiting_child(pid):
    """Number of the child process, once it waits for a lock."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        locks = Path("/proc/locks").read_text().splitlines()
        for child in map(int, children.read_text().split()):
            if any("->" in line and f" {child} " in line for line in locks):
                return child
        time.sleep(0.1)
    raise AssertionError("the program did not start")
