"""A real Prefect server and the programs that use it, each a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

PROJECT_ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_in(folder: Path) -> list[int]:
    """Processes whose current folder is this one: DVC and its stages."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):  # it has ended
            if link.readlink() == folder:
                found.append(int(link.parent.name))
    return found


@dataclass
class Program:
    """A running program and its log."""

    process: subprocess.Popen
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def wait_for(self, question: Callable, timeout_s: float = 60):
        """Ask until there is an answer; fail with the log if the program ends or time is over."""
        deadline_s = time.monotonic() + timeout_s
        while self.process.poll() is None and time.monotonic() < deadline_s:
            try:
                if answer := question():
                    return answer
            except httpx.TransportError:  # the server is not up yet
                pass
            time.sleep(0.5)
        raise AssertionError(self.log)

    def says(self, text: str, timeout_s: float = 60) -> str:
        """Wait until the log holds a text; return the log."""
        return self.wait_for(lambda: self.log if text in self.log else None, timeout_s)

    def kill(self) -> None:
        """Kill the process alone; its children live on."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(command: list[str], env: dict[str, str], log_path: Path) -> Iterator[Program]:
    """Run a program in its own group; end the whole group afterwards."""
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
        yield Program(process, log_path)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass
class Server:
    """A Prefect server of its own, with its own home.

    Attributes:
        api: Address of the API.
        env: Environment of the programs that use it.
        folder: Folder of the logs.
    """

    api: str
    env: dict[str, str]
    folder: Path

    def runs(self, *types: str, **wanted) -> list[dict]:
        """Flow runs in these states, the earliest first."""
        query = {"flow_runs": {"state": {"type": {"any_": types}}, **wanted}}
        query["sort"] = "EXPECTED_START_TIME_ASC"
        answer = httpx.post(f"{self.api}/flow_runs/filter", json=query, timeout=20)
        return answer.raise_for_status().json()

    def deployment(self, name: str) -> dict:
        """A deployment, such as `retrain/films`."""
        answer = httpx.get(f"{self.api}/deployments/name/{name}", timeout=20)
        return answer.raise_for_status().json()

    def program(self, name: str, *arguments: object, **env: str):
        """Run `python -m ...` against this server; a context manager."""
        command = [sys.executable, "-m", *map(str, arguments)]
        return running(command, {**self.env, **env}, self.folder / f"{name}.log")

    def ends(self, *arguments: object, timeout_s: float = 240) -> subprocess.CompletedProcess:
        """Run `python -m ...` against this server to its end."""
        return subprocess.run(
            [sys.executable, "-m", *map(str, arguments)],
            cwd=PROJECT_ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


@contextmanager
def prefect_server(folder: Path, **settings: str) -> Iterator[Server]:
    """Run a server on a free port until the block ends."""
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    env = {
        **os.environ,
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        **settings,
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    with running([*command, "--port", str(port)], env, folder / "server.log") as server:
        server.wait_for(lambda: httpx.get(f"{api}/health").is_success, 400)
        yield Server(api, env, folder)
