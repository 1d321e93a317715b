"""No program of the flows talks to another machine: the kernel is asked, with strace."""

import os
import re
import shutil
import sys

import httpx
import pytest

from tests.flows.prefect_processes import PROJECT_ROOT, Server, free_port, running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed"),
]
TRACE = ("strace", "--follow-forks", "--seccomp-bpf", "--trace=connect,sendto,sendmsg,sendmmsg")
ADDRESS = re.compile(r'sin_addr=inet_addr\("([\d.]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
HERE = re.compile(r"127\.|::1$|::ffff:127\.|0\.0\.0\.0$|::$")
SWITCHES = ("DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED", "DVC_NO_ANALYTICS", "CI")


def other_machines(trace):
    """Addresses of other machines in a trace, name servers included."""
    found = {four or six for four, six in ADDRESS.findall(trace.read_text())}
    return {address for address in found if not HERE.match(address)}


def traced(trace, *arguments):
    return [*TRACE, f"--output={trace}", sys.executable, *map(str, arguments)]


@pytest.fixture
def bare(tmp_path):
    """The environment of an operator: without the switches that the tests set."""
    kept = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    return {**kept, "HOME": str(tmp_path), "PREFECT_HOME": str(tmp_path / "prefect")}


def test_the_trace_shows_another_machine(tmp_path, bare):
    code = "import socket; socket.socket(2, 2).connect(('192.0.2.1', 53))"  # sends no packet
    with running(traced(tmp_path / "trace", "-c", code), bare, tmp_path / "log") as program:
        program.process.wait(60)
    assert other_machines(tmp_path / "trace") == {"192.0.2.1"}


def test_the_server_of_the_environment_file_and_a_served_run_ask_nobody(project, tmp_path, bare):
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    lines = (PROJECT_ROOT / "flows/deploy/systemd/lungline.env").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if re.match(r"PREFECT|D[NOV][_C]", line))
    ours = {"PREFECT_API_URL": api, "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(tmp_path / "ui")}
    ours |= {"PREFECT_HOME": bare["PREFECT_HOME"], "DVC_SITE_CACHE_DIR": str(tmp_path / "dvc")}
    server = Server(api, {**bare, **settings, **ours}, tmp_path)
    start = ("-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port)
    serve = ("-m", "flows.serve", "--in-place", "--root", project.root, "--name", "films")
    bare["PREFECT_API_URL"] = api  # `flows` itself switches the rest off
    traces = [tmp_path / "server.trace", tmp_path / "serve.trace"]
    with running(traced(traces[0], *start), server.env, tmp_path / "server.log") as program:
        program.wait_for(lambda: httpx.get(f"{api}/health").is_success, 180)
        with running(traced(traces[1], *serve), bare, tmp_path / "serve.log") as served:
            served.says("serving", 120)
            done = server.ends("prefect", "deployment", "run", "retrain/films")
            assert done.returncode == 0, done.stderr
            served.wait_for(lambda: server.runs("COMPLETED"), 180)
    assert [other_machines(trace) for trace in traces] == [set(), set()]
    assert "127.0.0.1" in traces[1].read_text()  # it did talk to the server
    assert "send" in traces[0].read_text()
