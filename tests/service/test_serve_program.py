"""The program starts only where it is safe, and ends within seconds."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.films import ROOT, jpeg
from tests.service_clients import (
    AUTHORISED,
    JPEG,
    TOKEN,
    address_of,
    running_service,
    start_service,
    wait_until_scored,
)

EVERYWHERE = "0.0.0.0"  # noqa: S104 - the program must refuse it


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    _, log = process.communicate(timeout=60)
    return process.returncode, log


def test_a_film_is_scored_by_the_running_service_which_ends_by_ctrl_c(folder, network) -> None:
    with (
        running_service(folder, network) as (process, address),
        httpx.Client(base_url=address, headers=AUTHORISED) as client,
    ):
        answer = client.post("/films?name=a.jpeg", content=jpeg(1), headers=JPEG)
        assert answer.status_code == 202
        wait_until_scored(client)
        assert client.get("/worklist").json()["films"][0]["state"] == "scored"
        assert "worklist" in client.get("/").text
        code, log = ended(start_service(folder, network))
        assert code == 1
        assert f"process {process.pid} uses it" in log
        port = int(address.rpartition(":")[2])
        head = f"POST /films HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.sendall(f"{head}Content-Type: image/jpeg\r\nContent-Length: 100\r\n\r\nx".encode())
            wait_until_scored(client)  # so the slow request has begun
            start_s = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 130
            assert time.monotonic() - start_s < 5


def test_a_request_that_does_not_end_is_not_waited_for(tmp_path) -> None:
    program = tmp_path / "stuck.py"
    program.write_text(
        "import time, uvicorn\n"
        "from tasks.screen.serve import http_server\n"
        "server = http_server._Server(uvicorn.Config(None))\n"
        "http_server._WHOLE_END_S = 0.1\n"
        "server.handle_exit(2, None)\n"
        "time.sleep(30)\n"
    )
    ended = subprocess.run(
        [sys.executable, program],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
        timeout=60,
    )
    assert ended.returncode == 130


@pytest.mark.parametrize(
    ("options", "tokens", "message"),
    [
        (("--host", EVERYWHERE), "", "asks for a token"),
        (("--host", EVERYWHERE), f"a:{'t' * 30}", "screen.service.host_names"),
        ((), "a:short", "24 or more"),
        (("--tokens", "open.txt"), "", "only its owner"),
    ],
)
def test_an_unsafe_service_does_not_start(
    folder: Path, network: Path, options: tuple[str, ...], tokens: str, message: str
) -> None:
    (folder / "open.txt").write_text(f"ward {'t' * 30}\n")
    (folder / "open.txt").chmod(0o644)
    code, log = ended(start_service(folder, network, options, tokens))
    assert code == 1
    assert message in log
    assert "t" * 30 not in log


def test_a_taken_port_is_named(folder, network) -> None:
    with running_service(folder, network) as (_, address):
        port = address.rpartition(":")[2]
        options = ("--port", port, "--state", "other")
        code, log = ended(start_service(folder, network, options))
    assert code == 1
    assert "Address already in use" in log


def test_without_tokens_a_service_on_loopback_says_so(folder, network) -> None:
    process = start_service(folder, network, tokens="")
    started: list[str] = []
    address = address_of(process, started)
    answer = httpx.get(f"{address}/worklist")
    process.send_signal(signal.SIGINT)
    code, log = ended(process)
    assert (answer.status_code, code) == (200, 130)
    assert "no tokens" in started[-2]  # the address is the last line: the service is ready
    assert "stopped; films that were accepted wait in" in log
