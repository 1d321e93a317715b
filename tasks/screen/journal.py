"""The journal of a screening: what was scored, so that a run that was stopped does not do it twice.

It is a SQLite file in the folder of the answers. A run that is killed loses at most the films whose
answers it has not written yet, and the file stays whole.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import ScreeningError
from tasks.core.network.screened_film import ScreenedFilm, read_screened

JOURNAL_FORMAT = 1  # raise it when the tables or the rules of a call change
_WAIT_S = 30.0  # for a worker that reads at this moment
_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    sha256 TEXT, model_sha256 TEXT, film TEXT NOT NULL, PRIMARY KEY (sha256, model_sha256)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heats (
    sha256 TEXT, model_sha256 TEXT, height INTEGER, width INTEGER, heats BLOB NOT NULL,
    PRIMARY KEY (sha256, model_sha256)
);
DROP TABLE IF EXISTS found;
CREATE TABLE found (rank INTEGER, minus_prob REAL, path TEXT, film TEXT NOT NULL);
"""


class Journal:
    """The answers of all runs in one folder, and the files that this run has found.

    Args:
        path: The SQLite file.
        model_sha256: Seal of the network; answers of another network are not used.
        is_writer: False for a worker, which only asks what is known.
    """

    def __init__(self, path: Path, model_sha256: str, *, is_writer: bool) -> None:
        self.path, self._model_sha256 = path, model_sha256
        with self._in_our_words():
            self._database = sqlite3.connect(path, timeout=_WAIT_S)
            if is_writer:
                self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def answer(self, sha256: str, path: str = "") -> ScreenedFilm | None:
        """The answer of this network to the bytes of a film, for a row with this path."""
        query = "SELECT film FROM answers WHERE sha256 = ? AND model_sha256 = ?"
        with self._in_our_words():
            row = self._database.execute(query, (sha256, self._model_sha256)).fetchone()
            return replace(read_screened(row[0]), path=path) if row else None

    def add(self, films: Sequence[ScreenedFilm]) -> None:
        """Write rows of this run, and their answers for later ones; all of them or none."""
        rows = [(*film.urgency(), film.to_json()) for film in films]
        scored = [
            (film.sha256, self._model_sha256, film.to_json())
            for film in films
            if film.status == "scored"
        ]
        with self._in_our_words(), self._database:
            self._database.executemany("INSERT INTO found VALUES (?, ?, ?, ?)", rows)
            self._database.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", scored)

    def heats(self, sha256: str) -> NDArray[np.float32] | None:
        """The heat that this network gave a film, (n_classes, h, w) float32; None: not kept."""
        query = "SELECT height, width, heats FROM heats WHERE sha256 = ? AND model_sha256 = ?"
        with self._in_our_words():
            row = self._database.execute(query, (sha256, self._model_sha256)).fetchone()
            return np.frombuffer(row[2], "<f4").reshape(-1, row[0], row[1]) if row else None

    def keep_heats(self, sha256: str, heats: NDArray[np.float32]) -> None:
        """Keep the heat of a film, which costs more than all else, for later runs."""
        row = (sha256, self._model_sha256, *heats.shape[1:], heats.astype("<f4").tobytes())
        with self._in_our_words(), self._database:
            self._database.execute("INSERT OR REPLACE INTO heats VALUES (?, ?, ?, ?, ?)", row)

    def n_heats(self) -> int:
        """Number of films whose heat this network has given."""
        query = "SELECT count(*) FROM heats WHERE model_sha256 = ?"
        with self._in_our_words():
            return int(self._database.execute(query, (self._model_sha256,)).fetchone()[0])

    def films(self) -> Iterator[ScreenedFilm]:
        """The files of this run in reading order, one at a time."""
        query = "SELECT film FROM found ORDER BY rank, minus_prob, path"
        with self._in_our_words():
            for (film,) in self._database.execute(query):
                yield read_screened(film)

    def counts(self) -> dict[int, int]:
        """Number of files of this run in each group that has some."""
        query = "SELECT rank, count(*) FROM found GROUP BY rank ORDER BY rank"
        with self._in_our_words():
            return dict(self._database.execute(query).fetchall())

    def _begin(self) -> None:
        # A killed program loses nothing; a machine without power may lose the last batches
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        (found,) = self._database.execute("PRAGMA user_version").fetchone()
        if found not in (0, JOURNAL_FORMAT):
            self._database.executescript("DROP TABLE IF EXISTS answers; DROP TABLE IF EXISTS heats")
        self._database.executescript(_TABLES)
        self._database.execute(f"PRAGMA user_version = {JOURNAL_FORMAT}")

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            raise ScreeningError(
                "the journal of a screening must be readable and writable",
                found=f"{type(error).__name__}: {error}",
                where=str(self.path),
                next_step="correct the space (`df -h`) or the rights of the folder and run again:"
                " films that were scored are not scored again. If the file is damaged, delete it",
            ) from error


@contextmanager
def only_screening(folder: Path) -> Iterator[None]:
    """Let one run at a time write a folder; another one is refused.

    The system releases the lock when the process ends, also when it is killed. Windows and some
    network file systems have no such lock.

    Args:
        folder: Folder of the answers; it is made.

    Raises:
        ScreeningError: Another run writes the folder, or it cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        yield
        return
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _taken(folder) from error
        except OSError:
            pass  # the file system has no locks
        yield
    finally:
        with suppress(OSError):  # closing is not enough: forked workers have the same lock open
            fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _taken(folder: Path) -> ScreeningError:
    return ScreeningError(
        "one run at a time writes a folder of answers",
        found="another run that is not finished",
        where=str(folder),
        next_step="wait until it ends, or name another folder with --out",
    )
