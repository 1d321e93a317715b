"""Many small pieces of work on the cores of this machine or of a cluster, in order, with progress.

Both are a `concurrent.futures.Executor`: processes of this machine, or the workers of a Dask
cluster.
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
CHUNK = 32  # items per message between processes: decoding 32 films takes far longer than sending
MIN_CHUNKS = 16  # few items are shared out evenly, too
CHUNKS_AHEAD = 4  # per worker: none waits for the next, and memory is bounded
MAX_RESTARTS = 3  # without a result in between

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
    """Apply `function` to each item in worker processes; yield the results in item order.

    What a worker held when it was killed is done again by another one.

    Args:
        function: Pure; must be importable by name.
        items: Inputs.
        unit: What one item is, for the progress lines ("films").
        setup: Runs in each worker before its first item. It ends what an earlier call with other
            arguments left open: the workers of a cluster outlive a stage.
        setup_args: Its arguments.
        compute: Where the work is done. Results do not depend on it.

    Raises:
        LunglineError: Worker processes were killed again and again; the cluster cannot be
            reached; or whatever `function` or `setup` raised.
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
            "worker processes must live until their work is done",
            found="one was killed, most often for want of memory",
            where=f"{n_workers} workers on {len(items)} {unit}",
            next_step="free some memory and run the command again",
        ) from error


def available_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class _Work(Generic[Item, Result]):
    """What a worker must know; the token tells one call of `map_in_order` from the next."""

    token: str
    software: str | None  # that must do it; None for processes forked from this one
    setup: Callable[..., None]
    setup_args: tuple[object, ...]
    function: Callable[[Item], Result]


@dataclass
class _Chunk(Generic[Item, Result]):
    items: Sequence[Item]
    future: "Future[list[Result]] | None" = None  # None until a worker may take it

    def is_lost(self) -> bool:
        """Whether its worker pool broke before it was done."""
        if self.future is None or self.future.cancelled() or not self.future.done():
            return True
        return isinstance(self.future.exception(), BrokenExecutor)


class _Window(Generic[Item, Result]):
    """The items in chunks, of which few are in flight at a time, however many there are."""

    def __init__(
        self,
        join: Callable[[], AbstractContextManager[Workers]],
        work: _Work[Item, Result],
        items: Sequence[Item],
    ) -> None:
        self._join = join
        self._work = work
        size = max(1, min(CHUNK, len(items) // MIN_CHUNKS))
        chunks = (items[start : start + size] for start in range(0, len(items), size))
        self._waiting = map(_Chunk[Item, Result], chunks)
        self._in_flight: deque[_Chunk[Item, Result]] = deque()

    def results(self) -> Generator[Result, None, None]:
        """Results in item order; workers are there until the last one is taken."""
        n_restarts = 0
        with ExitStack() as stack:
            executor, n_workers = stack.enter_context(self._join())
            while True:
                try:
                    self._fill(executor, n_workers * CHUNKS_AHEAD)
                    if not self._in_flight:
                        return
                    results = self._first()
                except BrokenExecutor:
                    n_restarts += 1
                    if n_restarts > MAX_RESTARTS:
                        raise
                    logger.warning("a worker was killed; what it held is done again")
                    stack.close()
                    self._take_back()
                    executor, n_workers = stack.enter_context(self._join())
                    continue
                n_restarts = 0
                yield from results

    def _fill(self, executor: Executor, n_chunks: int) -> None:
        while len(self._in_flight) < n_chunks and (chunk := next(self._waiting, None)):
            self._in_flight.append(chunk)
        for chunk in self._in_flight:
            if chunk.future is None:
                with _interrupts_held():
                    chunk.future = executor.submit(_do_chunk, self._work, chunk.items)

    def _first(self) -> list[Result]:
        future = self._in_flight[0].future
        assert future is not None  # noqa: S101 - _fill gave each chunk one
        results = future.result()
        self._in_flight.popleft()
        return results

    def _take_back(self) -> None:
        for chunk in self._in_flight:
            if chunk.is_lost():
                chunk.future = None


@contextmanager
def _processes(n_workers: int) -> Iterator[Workers]:
    """Processes of this machine."""
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    end_with_parent()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold a Ctrl-C back while workers are forked: Python drops one that comes in between."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


_ready_for = ""
_turn = threading.Lock()  # a worker of a cluster may run threads; set-ups are for processes


def _do_chunk(work: _Work[Item, Result], items: Sequence[Item]) -> list[Result]:
    """Runs in a worker."""
    global _ready_for  # noqa: PLW0603 - state of a worker process
    with _turn:
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
