"""A weights file is read in a process of its own, with limits of time and memory.

One changed byte makes HDF5 search for over a minute, and a pickle of 461 bytes can describe more
values than a memory holds. No check of the content finds all such files; a limit ends them all.
"""

import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from tasks.core.errors import TrainingError

MAX_BYTES = 2**31  # all arrays together; the largest network of keras.applications has 1.4e9
MAX_SECONDS = 60  # of processor time; a file of 1.4e9 bytes takes about 5
_MAX_MEMORY = 2**34  # the arrays, their copies as float32, and the libraries

_Arrays = TypeVar("_Arrays")


def read_apart(
    read: Callable[[Path], _Arrays], path: Path, max_seconds: int = MAX_SECONDS
) -> _Arrays:
    """Call a reader of weights in another process.

    Args:
        read: Function of a module, which the other process can import.
        path: The file.
        max_seconds: Limit of processor time.

    Raises:
        TrainingError: The reader refused the file, failed, or was ended at a limit.
    """
    with ProcessPoolExecutor(
        1, get_context("spawn"), initializer=_limit, initargs=(max_seconds,)
    ) as pool:
        try:
            return pool.submit(read, path).result()
        except BrokenProcessPool as error:
            found = f"no end after {max_seconds} s of processor time, or too little memory"
            raise _unreadable(path, found) from error
        except TrainingError:
            raise
        except Exception as error:  # a hostile file can raise any exception in a reader
            found = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            raise _unreadable(path, found) from error


def check_total(n_bytes: int, name: str) -> None:
    """Refuse arrays that are too large together.

    Args:
        n_bytes: Sum of all arrays up to `name`, which the message shows.
        name: An array or a layer.

    Raises:
        ValueError: They are larger than `MAX_BYTES`.
    """
    if n_bytes > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes up to {name}")


def _limit(max_seconds: int) -> None:
    for kind, limit in ((resource.RLIMIT_CPU, max_seconds), (resource.RLIMIT_AS, _MAX_MEMORY)):
        _, hard = resource.getrlimit(kind)
        if hard == resource.RLIM_INFINITY or hard > limit:
            resource.setrlimit(kind, (limit, limit))


def _unreadable(path: Path, found: str) -> TrainingError:
    return TrainingError(
        "a weights file must be readable as arrays in limited time and memory",
        found=found,
        where=str(path),
        next_step="the file is damaged or was made to do harm: download it again from its authors",
    )
