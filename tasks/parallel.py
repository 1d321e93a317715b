"""Many small pieces of work on the cores of this machine, in order, with progress."""

import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from tasks.errors import LunglineError
from tasks.stage import end_with_parent

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 32  # items per message between processes: decoding 32 films takes far longer than sending
LOG_EVERY_S = 5.0

logger = logging.getLogger(__name__)


def map_in_order(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    unit: str,
    setup: Callable[..., None],
    setup_args: tuple[object, ...],
    n_workers: int | None = None,
) -> Iterator[Result]:
    """Apply `function` to each item in worker processes; yield the results in item order.

    Args:
        function: Pure; must be importable by name.
        items: Inputs.
        unit: What one item is, for the progress lines ("films").
        setup: Runs once in each worker before its first item.
        setup_args: Its arguments.
        n_workers: Processes; the cores this process may use when None. Results do not depend
            on it.

    Raises:
        LunglineError: A worker process was killed; or whatever `function` or `setup` raised.
    """
    workers = n_workers or available_cores()
    pool = ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn"),
        initializer=_set_up_worker,
        initargs=(setup, setup_args),
    )
    try:
        with _interrupts_held():
            results = pool.map(partial(_apply, function), items, chunksize=CHUNK)
        yield from _with_progress(results, len(items), unit)
    except BrokenProcessPool as error:
        raise LunglineError(
            "worker processes must live until their work is done",
            found="one was killed, most often for want of memory",
            where=f"{workers} workers on {len(items)} {unit}",
            next_step="free some memory and run the command again",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def available_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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


_setup_error: LunglineError | None = None


def _set_up_worker(setup: Callable[..., None], setup_args: tuple[object, ...]) -> None:
    global _setup_error  # noqa: PLW0603 - an initializer that raises breaks the pool, wordless
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    end_with_parent()
    try:
        setup(*setup_args)
    except LunglineError as error:
        _setup_error = error


def _apply(function: Callable[[Item], Result], item: Item) -> Result:
    if _setup_error is not None:
        raise _setup_error
    return function(item)


def _with_progress(results: Iterator[Result], total: int, unit: str) -> Iterator[Result]:
    start_s = last_s = time.monotonic()
    for done, result in enumerate(results, start=1):
        yield result
        now_s = time.monotonic()
        if now_s - last_s >= LOG_EVERY_S and done < total:
            last_s = now_s
            rate = done / (now_s - start_s)
            left_s = (total - done) / rate
            logger.info("%d of %d %s, %.0f/s, %.0f s left", done, total, unit, rate, left_s)
