"""A service with a small real network, in this process or in one of its own."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml

from tasks.core.network.engine import Engine
from tasks.core.network.onnx_network import load_network
from tasks.core.params.screening import ServiceParams
from tasks.screen.serve.application import build_application
from tasks.screen.serve.request_gate import GateRules
from tasks.screen.serve.scoring_worker import AnswerHook
from tasks.screen.serve.service import Service, open_service
from tasks.screen.serve.service_tokens import ServiceTokens
from tests.films import ROOT

TOKEN = "ward-3-token-of-the-tests-0123456789"  # noqa: S105 - of a service of the tests
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
JPEG = {"Content-Type": "image/jpeg"}
LIMITS: dict[str, Any] = {
    "max_megabytes": 4,
    "max_waiting": 50,
    "max_zip_films": 20,
    "body_timeout_s": 2.0,
    "host_names": [],
}


@dataclass
class AppClient:
    """A service in this process, asked without a socket. Its worker runs only by `score`."""

    service: Service
    http: httpx.AsyncClient
    loop: asyncio.Runner

    def ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send a request with the token; `headers` replaces or adds some."""
        headers = AUTHORISED | options.pop("headers", {})
        return self.loop.run(self.http.request(method, url, headers=headers, **options))

    def get(self, url: str, **options: Any) -> httpx.Response:
        """Ask with GET."""
        return self.ask("GET", url, **options)

    def send(self, data: bytes, name: str = "a.jpeg", kind: str = "image/jpeg") -> httpx.Response:
        """Send a film."""
        url, headers = f"/films?name={name}", {"Content-Type": kind}
        return self.ask("POST", url, content=data, headers=headers)

    def send_scored(self, data: bytes, name: str = "a.jpeg") -> str:
        """Send a film, score it, and return its id."""
        image_id: str = self.send(data, name).json()["films"][0]["id"]
        while self.service.worker.score_one():
            pass
        return image_id


@cache
def _engine(network: Path) -> Engine:
    return Engine(load_network(network))


@contextmanager
def open_client(
    folder: Path, network: Path, answer: AnswerHook | None = None, **limits: Any
) -> Iterator[AppClient]:
    """Open a service on a state folder."""
    engine, params = _engine(network), ServiceParams(**LIMITS | limits)
    service = open_service(folder, engine, "<!doctype html><title>page</title>", params, answer)
    tokens = ServiceTokens({"ward-3": TOKEN})
    rules = GateRules(
        tokens, {"localhost"}, service.audit, service.metrics, service.bodies.timeout_s
    )
    transport = httpx.ASGITransport(build_application(service, rules), raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://localhost")
    with asyncio.Runner() as loop:
        yield AppClient(service, client, loop)
        loop.run(client.aclose())
    service.close()


def write_params(folder: Path, **limits: Any) -> None:
    """Write params.yaml with limits of the service into the working folder of a program."""
    values = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    values["screen"]["service"] |= limits
    (folder / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


@contextmanager
def running_service(
    folder: Path, network: Path, options: tuple[str, ...] = (), tokens: str = f"ward-3:{TOKEN}"
) -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """Run the program on a free port of loopback; give the process and the address."""
    process = start_service(folder, network, options, tokens)
    try:
        yield process, address_of(process)
    finally:
        process.kill()
        process.communicate()


def start_service(
    folder: Path, network: Path, options: tuple[str, ...] = (), tokens: str = f"ward-3:{TOKEN}"
) -> "subprocess.Popen[str]":
    """Start the program; it writes its log to a pipe."""
    command = [sys.executable, "-m", "tasks.screen.serve", "--port", "0", "--model", str(network)]
    environment: Mapping[str, str] = os.environ | {
        "PYTHONPATH": str(ROOT),
        "LUNGLINE_TOKENS": tokens,
    }
    return subprocess.Popen(
        [*command, *options],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def address_of(process: "subprocess.Popen[str]", lines: list[str] | None = None) -> str:
    """Wait for the line with the address; add what was printed so far to `lines`."""
    assert process.stderr is not None
    lines = [] if lines is None else lines
    for line in process.stderr:
        lines.append(line)
        if found := re.search(r"http://\S+:\d+", line):
            return found[0]
    raise AssertionError("the service did not start:\n" + "".join(lines))


def wait_until_scored(client: httpx.Client, patience_s: float = 60.0) -> float:
    """Wait until no film waits; return the seconds."""
    start_s = time.monotonic()
    while client.get("/health").json()["n_waiting"]:
        assert time.monotonic() - start_s < patience_s, "films still wait"
        time.sleep(0.05)
    return time.monotonic() - start_s
