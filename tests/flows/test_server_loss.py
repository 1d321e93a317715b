"""The Prefect server is killed for good while a stage runs: the run ends by what DVC did."""

import os
import sys
import time

import httpx
import pytest

from tests.flows.flow_runs import command_line
from tests.flows.prefect_processes import free_port, running

SECONDS = 60.0  # without the mend it took three to seven minutes


@pytest.mark.slow
def test_a_run_whose_server_is_lost_ends_soon_with_one_warning(project, tmp_path):
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    env = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_UI_ENABLED": "false",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    project.order("prepare", "pathlib.Path('began').touch(); time.sleep(4)")
    with running([*command, "--port", str(port)], env, tmp_path / "server.log") as server:
        server.wait_for(lambda: httpx.get(f"{api}/health").is_success, 120)
        with running(command_line("--root", project.root), env, tmp_path / "flow.log") as flow:
            flow.wait_for((project.root / "began").exists, 120)
            server.kill()
            began_s = time.monotonic()
            return_code = flow.process.wait(300)
    assert return_code == 0
    assert time.monotonic() - began_s < SECONDS
    assert "compare      ran" in flow.log
    assert flow.log.count("WARNING: ") == 1
    assert "the Prefect server does not answer any more" in flow.log
    assert "Traceback" not in flow.log
