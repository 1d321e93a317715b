"""Use the workers of a Dask cluster as an executor, and check that they run the same software."""

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

Workers = tuple[Executor, int]  # an executor and the number of its workers

CONNECT_LIMIT_S = 20.0
CLOSE_LIMIT_S = 2.0
MIN_CLUSTER = 16  # send enough work for this many workers: more may join later
WORKERS_LIMIT_S = 60.0  # wait for the first worker
PIXEL_PACKAGES = ("imagehash", "numpy", "pillow", "pydicom", "scikit-image", "scipy")


@contextmanager
def join_cluster(address: str) -> Iterator[Workers]:
    """Connect to a Dask scheduler. It repeats the work of a worker that dies on another worker.

    Args:
        address: Address of the scheduler, `tcp://host:8786`.

    Yields:
        An executor, and the number of workers to send work for.

    Raises:
        LunglineError: The package is missing; the scheduler cannot be reached, has no workers or
            stops; or the same work killed several workers.
    """
    client = _connect(address)
    try:
        yield client.get_executor(pure=False), max(len(client.nthreads()), MIN_CLUSTER)
    except CancelledError as error:
        _fail("the scheduler stopped", address, error)
    except Exception as error:
        if type(error).__name__ != "KilledWorker":
            raise
        _fail("the same films killed several workers", address, error)
    finally:
        # The scheduler drops the work of a client that leaves. `executor.shutdown` would wait for
        # ever in an interrupted program, because Dask's thread has ended by then.
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
            next_step="run `make dev`, which installs it, or set compute.dask_scheduler to null",
        ) from error
    connect: Any = Client  # has no type hints
    try:
        # Checked first: a client that fails on an unknown protocol prints another error at exit
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
        "compute.dask_scheduler must name a running Dask scheduler with workers",
        found=found,
        where=f"compute.dask_scheduler: {address}",
        next_step="start `dask scheduler` and, in a clone of this repository with the same "
        "packages, `PYTHONPATH=. dask worker ADDRESS --nworkers -1 --nthreads 1`; or set the "
        "address to null",
    ) from cause


@cache  # of the code this process imported: the files on disk may change later
def software_here() -> str:
    """The software that determines pixels: our code, and versions of Python and some packages."""
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
    """Check in a worker of a cluster that it runs the software of the main process.

    Args:
        expected: `software_here` of the main process; None skips the check.

    Raises:
        LunglineError: The software differs.
    """
    if expected is None or expected == software_here():
        return
    raise LunglineError(
        "the workers of a cluster must run the same code and packages as the main process",
        found=software_here(),
        where=f"worker {platform.node()}; expected {expected}",
        next_step="check out the same commit there, install its requirements.txt, and start the "
        "workers again",
    )
