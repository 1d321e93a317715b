"""The receiver and the service as processes of their own, on loopback, ended by the test."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PORT = re.compile(r"(?:port |http://[^ ]*?:)(\d+)")
START_S = 60  # on a busy machine


@dataclass
class Program:
    """A running program: its process, the file of its log, and the port it listens on."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(module: str, folder: Path, *arguments: str) -> Iterator[Program]:
    """Run `python -m MODULE` in a folder with params.yaml, until the block ends."""
    log = folder / f"{module}.{time.monotonic_ns()}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "PATH": ""},
            stdout=stream,
            stderr=stream,
        )
        try:
            yield Program(process, log, _port(process, log))
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    end_s = time.monotonic() + START_S
    while time.monotonic() < end_s and process.poll() is None:
        if match := _PORT.search(log.read_text(errors="replace")):
            return int(match[1])
        time.sleep(0.05)
    raise AssertionError(f"it did not start: {log.read_text(errors='replace')}")
