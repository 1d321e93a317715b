"""All that a training run needs to go on after its process was killed: one file, one per epoch.

A file is a row of NumPy arrays, written one after the other: first the facts as JSON bytes, then
every array of `Checkpoint`. It appears whole or not at all; no pickle is read.
"""

import hashlib
import io
import json
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.atomic import atomic_path
from tasks.core.errors import TrainingError

Arrays = Sequence[NDArray[Any]]
GROUPS = ("network", "optimiser", "average", "kept")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """A run as it stands after an epoch.

    history: one row per epoch, its losses, accuracies and learning rate.
    network: all variables, those of the random layers included.
    optimiser: all variables: step number, moments, learning rate, loss scale.
    average: moving average of the weights; empty without one.
    kept: weights of the epoch that is kept so far.
    """

    history: tuple[dict[str, float], ...]
    network: Arrays
    optimiser: Arrays
    average: Arrays
    kept: Arrays


def save_checkpoint(path: Path, state: Checkpoint, fingerprint: str) -> None:
    """Replace the checkpoint at `path`.

    Args:
        path: The file; the one before stays until this one is whole and on the disk.
        state: What to write.
        fingerprint: Of all that the run depends on.

    Raises:
        TrainingError: The disk is full, or does not take the file. The one before is still there.
    """
    facts = {
        "fingerprint": fingerprint,
        "history": state.history,
        "n_arrays": [len(getattr(state, group)) for group in GROUPS],
    }
    try:
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            _write(file, np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8))
            for group in GROUPS:
                for array in getattr(state, group):
                    _write(file, array)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        n_bytes = sum(array.nbytes for group in GROUPS for array in getattr(state, group))
        raise TrainingError(
            f"the state of the run, {n_bytes / 1e6:.1f} MB, must fit on the disk after each epoch",
            found=error.strerror or str(error),
            where=str(path),
            next_step=f"make room there and run the stage again: {_goes_on(path, state)}",
        ) from error


def _write(file: IO[bytes], array: NDArray[Any]) -> None:
    buffer = io.BytesIO()  # NumPy's own way into a file does not say why a disk takes no more
    np.save(buffer, array, allow_pickle=False)
    file.write(buffer.getbuffer())


def _goes_on(path: Path, state: Checkpoint) -> str:
    n_kept = len(state.history) - 1
    return f"it goes on after epoch {n_kept}" if path.exists() else "it starts anew"


def load_checkpoint(path: Path, fingerprint: str) -> Checkpoint | None:
    """Read the checkpoint of an interrupted run.

    Args:
        path: Where `save_checkpoint` wrote it.
        fingerprint: Of the run that is about to start.

    Returns:
        The state; None when there is none, or it is of a run on other data, settings or code.
    """
    try:
        with path.open("rb") as file:
            facts = json.loads(_read(file).tobytes())
            if facts["fingerprint"] != fingerprint:
                logger.info("data, settings or code have changed since %s: starting anew", path)
                return None
            groups = [[_read(file) for _ in range(n)] for n in facts["n_arrays"]]
    except FileNotFoundError:
        return None
    except (ValueError, EOFError, KeyError, TypeError) as error:
        logger.warning("%s cannot be read (%s): starting anew", path, error)
        return None
    return Checkpoint(tuple(facts["history"]), *groups)


def _read(file: IO[bytes]) -> NDArray[Any]:
    array: NDArray[Any] = np.load(file, allow_pickle=False)
    return array


def fingerprint_of(parts: Iterable[bytes | str]) -> str:
    """SHA-256 of parts and of the code of this room, as hex digits."""
    digest = hashlib.sha256()
    room = Path(__file__).parent
    code = (path.read_bytes() for path in sorted(room.rglob("*.py")))
    for part in (*parts, *code):
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()
