"""Apply a function to many items in parallel, in order, and show the progress.

The workers are processes of this machine or of a Dask cluster. Both are used through
`concurrent.futures.Executor`.
"""

import logging
import multiprocessing
import os
import signal
import threading
import uuid
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
)
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from tasks.core.compute.cluster import Workers, check_software, join_cluster, software_here
from tasks.core.compute.progress import Progress
from tasks.core.errors import LunglineError
from tasks.core.params import ComputeParams
from tasks.core.stage import end_with_parent

Item = TypeVar("Item")
Result = TypeVar("Result")
CHUNK = 32  # items per message: to decode 32 films takes far longer than to send them
CHUNKS_AHEAD = 4  # per worker, so that no worker waits and memory stays limited
MAX_RESTARTS = 3  # in a row, without a result between them
_MIN_CHUNKS = 16  # chunks are smaller for few items, so that all workers get some

ALL_CORES = ComputeParams(n_workers=None, dask_scheduler=None)

logger = logging.getLogger(__name__)


def map_in_order(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    unit: str,
    setup: Callable[..., None],
    setup_args: tuple[object, ...],
    compute: ComputeParams = ALL_CORES,
) -> Iterator[Result]:
    """Apply `function` to each item in worker processes, and yield the results in item order.

    If a worker is killed, another worker repeats its items.

    Args:
        function: Pure function, importable by name.
        items: Inputs of the function.
        unit: Name of the items in progress messages ("films").
        setup: Function that each worker calls before its first item. It must close what an earlier
            call opened, because workers of a cluster live longer than a stage.
        setup_args: Arguments of `setup`.
        compute: Section `compute` of params.yaml. The results do not depend on it.

    Raises:
        LunglineError: Workers were killed several times in a row, or the cluster cannot be
            reached. Errors of `function` and `setup` are raised as they are.

    Example:
        >>> list(map_in_order(abs, [-1, 2, -3], unit="numbers", setup=int, setup_args=()))
        [1, 2, 3]
    """
    n_workers = compute.n_workers or available_cores()
    address = compute.dask_scheduler
    join = partial(join_cluster, address) if address else partial(_processes, n_workers)
    software = software_here() if address else None
    work = _Work(uuid.uuid4().hex, software, setup, setup_args, function)
    try:
        with closing(_Window(join, work, items).results()) as results:
            yield from _with_progress(results, len(items), unit)
    except BrokenExecutor as error:
        raise LunglineError(
            "worker processes must not be killed before their work is done",
            found="a worker was killed several times; the usual cause is too little memory",
            where=f"{n_workers} workers on {len(items)} {unit}",
            next_step="free some memory or lower compute.n_workers, then run the command again",
        ) from error


def available_cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class _Work(Generic[Item, Result]):
    """What a worker needs; each call of `map_in_order` has a token of its own."""

    token: str
    software: str | None  # required of a cluster; None for processes of this machine
    setup: Callable[..., None]
    setup_args: tuple[object, ...]
    function: Callable[[Item], Result]


@dataclass
class _Chunk(Generic[Item, Result]):
    """Some items, and their results to come."""

    items: Sequence[Item]
    future: "Future[list[Result]] | None" = None  # None until the chunk is submitted

    def is_lost(self) -> bool:
        """Whether the worker pool broke before the chunk was finished."""
        if self.future is None or self.future.cancelled() or not self.future.done():
            return True
        return isinstance(self.future.exception(), BrokenExecutor)


class _Window(Generic[Item, Result]):
    """The items in chunks. Only a few chunks are submitted at a time, for any number of items."""

    def __init__(
        self,
        join: Callable[[], AbstractContextManager[Workers]],
        work: _Work[Item, Result],
        items: Sequence[Item],
    ) -> None:
        self._join = join
        self._work = work
        size = max(1, min(CHUNK, len(items) // _MIN_CHUNKS))
        chunks = (items[start : start + size] for start in range(0, len(items), size))
        self._waiting = map(_Chunk[Item, Result], chunks)
        self._in_flight: deque[_Chunk[Item, Result]] = deque()

    def results(self) -> Generator[Result, None, None]:
        """Yield the results in item order; the workers end after the last one."""
        n_restarts = 0
        with ExitStack() as stack:
            executor, n_workers = stack.enter_context(self._join())
            while True:
                try:
                    self._fill(executor, n_workers * CHUNKS_AHEAD)
                    if not self._in_flight:
                        return
                    results = self._first_results()
                except BrokenExecutor:
                    n_restarts += 1
                    if n_restarts > MAX_RESTARTS:
                        raise
                    logger.warning("a worker was killed; its items are processed again")
                    stack.close()
                    self._reset_lost()
                    executor, n_workers = stack.enter_context(self._join())
                    continue
                n_restarts = 0
                yield from results

    def _fill(self, executor: Executor, n_chunks: int) -> None:
        while len(self._in_flight) < n_chunks and (chunk := next(self._waiting, None)):
            self._in_flight.append(chunk)
        for chunk in self._in_flight:
            if chunk.future is None:
                with _interrupts_blocked():
                    chunk.future = executor.submit(_do_chunk, self._work, chunk.items)

    def _first_results(self) -> list[Result]:
        future = self._in_flight[0].future
        assert future is not None  # noqa: S101 - _fill submitted it
        results = future.result()
        self._in_flight.popleft()
        return results

    def _reset_lost(self) -> None:
        for chunk in self._in_flight:
            if chunk.is_lost():
                chunk.future = None


@contextmanager
def _processes(n_workers: int) -> Iterator[Workers]:
    """Start worker processes on this machine."""
    executor = ProcessPoolExecutor(
        max_workers=n_workers,
        mp_context=multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn"),
        initializer=_begin_process,
    )
    try:
        yield executor, n_workers
    finally:
        executor.shutdown(cancel_futures=True)


def _begin_process() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process handles Ctrl-C
    end_with_parent()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Delay a Ctrl-C while workers are forked: Python loses one that arrives during a fork."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_ready_for = ""  # token of the last set-up in this process
_one_at_a_time = threading.Lock()  # a worker of a cluster may use threads; a set-up is global


def _do_chunk(work: _Work[Item, Result], items: Sequence[Item]) -> list[Result]:
    """Process some items. Runs in a worker."""
    global _ready_for  # noqa: PLW0603 - state of a worker process
    with _one_at_a_time:
        if _ready_for != work.token:
            _ready_for = ""
            check_software(work.software)
            work.setup(*work.setup_args)
            _ready_for = work.token
        return [work.function(item) for item in items]


def _with_progress(results: Iterator[Result], total: int, unit: str) -> Iterator[Result]:
    with Progress(total, unit=unit) as progress:
        for result in results:
            yield result
            progress.advance()
