"""A scheduled run starts: this test runs the scheduler of the server, `serve` and the flow.

With some versions of the server's libraries everything else works, but no scheduled run starts and
no log says so.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], env: dict[str, str], log_path: Path) -> Iterator[subprocess.Popen]:
    """Run a process in its own group; end the whole group afterwards."""
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Background jobs of a shell ignore SIGINT, which Prefect needs to end itself
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def poll(question, process, log_path, timeout_s):
    """Ask until there is an answer; fail with the log if the process ends or time is over."""
    deadline_s = time.monotonic() + timeout_s
    while process.poll() is None and time.monotonic() < deadline_s:
        try:
            if answer := question():
                return answer
        except httpx.TransportError:  # the server is not up yet
            pass
        time.sleep(1)
    raise AssertionError(log_path.read_text())


@pytest.mark.slow
def test_a_scheduled_run_starts_and_ends_with_the_server(project, tmp_path):
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    env = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
    }
    serve_command = [sys.executable, "-m", "flows.retrain", "--root", str(project.root)]
    server_command = [sys.executable, "-m", "prefect", "server", "start"]
    server_command += ["--host", "127.0.0.1", "--port", str(port)]
    server_log, serve_log = tmp_path / "server.log", tmp_path / "serve.log"

    with running(server_command, env, server_log) as server:
        poll(lambda: httpx.get(f"{api}/health").is_success, server, server_log, 120)
        with running([*serve_command, "--serve-cron", "* * * * *"], env, serve_log) as serve:
            completed = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
            runs = poll(
                lambda: httpx.post(f"{api}/flow_runs/filter", json=completed).json(),
                serve,
                serve_log,
                150,
            )
            project.order("prepare", "pathlib.Path('began').touch(); time.sleep(300)")
            project.set_params(scale=2)
            began = project.root / "began"
            poll(began.exists, serve, serve_log, 90)
            serve.terminate()
            serve.wait(30)
            busy = {"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
            left_running = httpx.post(f"{api}/flow_runs/filter", json=busy).json()

    assert runs[0]["auto_scheduled"] is True
    assert runs[0]["created_by"]["type"] == "SCHEDULE"
    assert runs[0]["state"]["message"] == "1 cached, 4 ran"
    assert serve.returncode == 130
    assert left_running == []
    assert str(project.root) not in subprocess.check_output(["ps", "axww"], text=True)
    assert project.n_runs() == {"prepare": 1, "train@a": 1, "train@b": 1, "compare": 1}
