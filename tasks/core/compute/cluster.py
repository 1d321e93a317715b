"""The workers of a Dask cluster as an executor; they must run our code and packages."""

import hashlib
import platform
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

import tasks
from tasks.core.errors import LunglineError

Workers = tuple[Executor, int]  # and how many they are

CONNECT_LIMIT_S = 20.0
CLOSE_LIMIT_S = 2.0
MIN_CLUSTER = 16  # workers that work is kept ready for: more may join later
WORKERS_LIMIT_S = 60.0  # for a first worker to join the cluster
PIXEL_PACKAGES = ("imagehash", "numpy", "pillow", "pydicom", "scikit-image", "scipy")


@contextmanager
def join_cluster(address: str) -> Iterator[Workers]:
    """Reach the workers of a Dask scheduler, which gives the work of one that died to another.

    Yields:
        An executor, and how many workers work is to be kept ready for.

    Raises:
        LunglineError: The package is missing; the scheduler cannot be reached, has no workers or
            goes away; or several workers died of the same work.
    """
    client = _connect(address)
    try:
        yield client.get_executor(pure=False), max(len(client.nthreads()), MIN_CLUSTER)
    except CancelledError as error:
        _fail("the scheduler went away", address, error)
    except Exception as error:
        if type(error).__name__ != "KilledWorker":
            raise
        _fail("the workers died of the same films again and again", address, error)
    finally:
        # The scheduler drops the work of a client that leaves. At the end of an interrupted program
        # Dask's thread is gone and answers no more; `executor.shutdown` would wait for it for ever.
        with suppress(TimeoutError):
            client.close(timeout=CLOSE_LIMIT_S)


def _connect(address: str) -> Any:
    try:
        from distributed import Client
        from distributed.comm import registry
    except ImportError as error:
        raise LunglineError(
            "compute.dask_scheduler needs the package distributed",
            found=str(error),
            where=f"compute.dask_scheduler: {address}",
            next_step="install the extra `cluster` of pyproject.toml into .venv (`.venv/bin/pip "
            "install 'distributed>=2026.8,<2027'`), or set compute.dask_scheduler to null",
        ) from error
    connect: Any = Client  # untyped
    try:
        # Refused here: a client that failed over it would complain once more at the end
        registry.get_backend(address.partition("://")[0] if "://" in address else "tcp")
        client = connect(address, timeout=CONNECT_LIMIT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        _fail(" ".join(str(error).split()), address, error)
    try:
        client.wait_for_workers(1, timeout=WORKERS_LIMIT_S)
    except TimeoutError as error:
        client.close()
        _fail("a scheduler without workers", address, error)
    return client


def _fail(found: str, address: str, cause: Exception) -> NoReturn:
    raise LunglineError(
        "compute.dask_scheduler must name a Dask scheduler that keeps workers at hand",
        found=found,
        where=f"compute.dask_scheduler: {address}",
        next_step="start `dask scheduler` and, in a clone of this repository with the same "
        "packages, `PYTHONPATH=. dask worker ADDRESS --nworkers -1 --nthreads 1`; or set the "
        "address to null",
    ) from cause


@cache  # what this process imported: a worker may be older than the code on its disk
def software_here() -> str:
    """What decides about pixels: our code, and the versions of Python and some packages."""
    code = hashlib.sha256()
    for file in sorted(Path(tasks.__file__).parent.rglob("*.py")):
        code.update(file.read_bytes())
    packages = [f"{name} {_version(name)}" for name in PIXEL_PACKAGES]
    return ", ".join(
        [f"code {code.hexdigest()[:12]}", f"Python {platform.python_version()}", *packages]
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def check_software(expected: str | None) -> None:
    """Called in a worker of a cluster; None is no expectation.

    Raises:
        LunglineError: This process is not what `software_here` was on the machine that asks.
    """
    if expected is None or expected == software_here():
        return
    raise LunglineError(
        "the workers of a cluster must run the code and packages of the machine that asks",
        found=software_here(),
        where=f"worker {platform.node()}; expected {expected}",
        next_step="check out the same commit there, install its requirements.txt, and start the "
        "workers again",
    )
