"""A Dask cluster on this machine: a scheduler and worker processes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.films import ROOT, stage_environment

START_LIMIT_S = 60.0


@dataclass(frozen=True)
class Cluster:
    """A running cluster.

    address: address of the scheduler.
    scheduler: process of the scheduler.
    """

    address: str
    scheduler: subprocess.Popen[bytes]


@contextmanager
def dask_cluster(
    folder: Path, n_workers: int = 2, n_threads: int = 1, code: Path = ROOT
) -> Iterator[Cluster]:
    """Run a scheduler and workers until the block ends.

    Args:
        folder: Folder for their files, and current folder of the workers.
        n_workers: Number of worker processes. Dask restarts a process that dies.
        n_threads: Number of threads in each process.
        code: Clone whose code the workers run.
    """
    contact = folder / "scheduler.json"
    scheduler = _start(
        folder, code, "scheduler", "--port=0", "--no-dashboard", f"--scheduler-file={contact}"
    )
    options = ["--no-dashboard", f"--nworkers={n_workers}", f"--nthreads={n_threads}"]
    workers = None
    try:
        address = _address(contact)
        if n_workers:
            workers = _start(folder, code, "worker", address, *options)
        yield Cluster(address, scheduler)
    finally:
        for process in (workers, scheduler):
            if process:
                process.terminate()
                process.wait(30)


def _start(folder: Path, code: Path, program: str, *arguments: str) -> subprocess.Popen[bytes]:
    with (folder / f"{program}.log").open("wb") as log:
        return subprocess.Popen(
            [Path(sys.executable).with_name("dask"), program, "--host=127.0.0.1", *arguments],
            cwd=folder,
            env=stage_environment() | {"PYTHONPATH": str(code)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _address(contact: Path) -> str:
    end_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end_s:
        try:
            return str(json.loads(contact.read_text())["address"])
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.05)
    raise TimeoutError(f"no scheduler within {START_LIMIT_S:g} s")
