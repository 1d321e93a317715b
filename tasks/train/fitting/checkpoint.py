"""Checkpoint of an interrupted run: one file, written after each epoch.

`BackupAndRestore` of Keras is not enough. It writes the weights and the epoch number into two
files, so a kill between the writes pairs weights with a wrong epoch. It stores no losses, moving
average or best weights, and it does not check that data, settings and code are the same. With the
file here a run ends with the same bytes after `kill -9` at any moment.

The file is the SHA-256 of the rest, then NumPy arrays: facts as JSON bytes, and each array of
`Checkpoint`. It is replaced atomically and contains no pickle. A file that was damaged on the disk
is not resumed.
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
_ARRAY_FIELDS = ("network", "optimiser", "average", "kept")
_DIGEST_BYTES = hashlib.sha256().digest_size
_ROOM = Path(__file__).parents[1]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """State of a run after an epoch.

    history: one row per epoch with losses, accuracies and learning rate.
    network: all variables, including those of random layers.
    optimiser: all variables: step, moments, learning rate, loss scale.
    average: average of the weights; empty without one.
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
        path: The file. The previous file stays until the new one is complete on the disk.
        state: State to write.
        fingerprint: Hash of everything that the run depends on.

    Raises:
        TrainingError: The disk is full or refuses the file. The previous checkpoint is kept.
    """
    facts = {
        "fingerprint": fingerprint,
        "history": state.history,
        "n_arrays": [len(getattr(state, name)) for name in _ARRAY_FIELDS],
    }
    try:
        with atomic_path(path) as temporary, temporary.open("w+b") as file:
            file.write(bytes(_DIGEST_BYTES))  # the place of the digest
            _write(file, np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8))
            for array in _arrays(state):
                _write(file, array)
            digest = _digest_of_rest(file)
            file.seek(0)
            file.write(digest)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        n_bytes = sum(array.nbytes for array in _arrays(state))
        raise TrainingError(
            f"the disk must have room for the state of the run, {n_bytes / 1e6:.1f} MB",
            found=error.strerror or str(error),
            where=str(path),
            next_step=f"free some space and run the stage again: {_restart(path, state)}",
        ) from error


def _digest_of_rest(file: IO[bytes]) -> bytes:
    """SHA-256 of all that follows the place of the digest."""
    file.seek(_DIGEST_BYTES)
    return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type] # any binary file


def _arrays(state: Checkpoint) -> list[NDArray[Any]]:
    return [array for name in _ARRAY_FIELDS for array in getattr(state, name)]


def _write(file: IO[bytes], array: NDArray[Any]) -> None:
    buffer = io.BytesIO()  # writing to the file by np.save would hide the reason of a failure
    np.save(buffer, array, allow_pickle=False)
    file.write(buffer.getbuffer())


def _restart(path: Path, state: Checkpoint) -> str:
    n_kept = len(state.history) - 1
    return f"it resumes after epoch {n_kept}" if path.exists() else "it starts from the beginning"


def load_checkpoint(path: Path, fingerprint: str) -> Checkpoint | None:
    """Read the checkpoint of an interrupted run.

    Args:
        path: File that `save_checkpoint` wrote.
        fingerprint: Hash of everything that the new run depends on.

    Returns:
        The state; None if there is no readable file, or if data, settings or code have changed.
    """
    try:
        with path.open("rb") as file:
            if file.read(_DIGEST_BYTES) != _digest_of_rest(file):
                raise ValueError("its bytes are not those that were written")
            file.seek(_DIGEST_BYTES)
            facts = json.loads(_read(file).tobytes())
            if facts["fingerprint"] != fingerprint:
                logger.info(
                    "data, settings or code have changed since %s was written;"
                    " training starts from the beginning",
                    path,
                )
                return None
            arrays = [[_read(file) for _ in range(n)] for n in facts["n_arrays"]]
    except FileNotFoundError:
        return None
    except (ValueError, EOFError, KeyError, TypeError) as error:
        logger.warning("%s cannot be read (%s); training starts from the beginning", path, error)
        return None
    return Checkpoint(tuple(facts["history"]), *arrays)


def _read(file: IO[bytes]) -> NDArray[Any]:
    array: NDArray[Any] = np.load(file, allow_pickle=False)
    return array


def fingerprint_of(name: str, parts: Iterable[bytes | str]) -> str:
    """SHA-256 of some parts and of the code that training runs, as hex digits.

    Args:
        name: Network of the zoo; the files of other networks are left out.
        parts: Everything else that the run depends on.
    """
    digest = hashlib.sha256()
    code = (path.read_bytes() for path in code_files(name))
    for part in (name, *parts, *code):
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def code_files(name: str) -> list[Path]:
    """Files of this room that training one network runs, sorted."""
    packages = ("fitting", "network", "pretraining", "transforms", "weights")
    shared = [path for package in packages for path in sorted((_ROOM / package).glob("*.py"))]
    return [*shared, _ROOM / "zoo" / f"{name}.py"]
