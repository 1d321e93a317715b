"""The SQLite database of the service: what is written before an answer survives `kill -9`."""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tasks.core.errors import ScreeningError

PRIVATE_FOLDER = 0o700  # films show patients: only the user of the service reads them
_FORM = 1  # of the tables below
_BUSY_MS = 10_000  # longest wait for the other process that writes, the DICOM receiver
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)  # primary codes
_TABLES = """
CREATE TABLE films (
    id TEXT PRIMARY KEY,               -- sha256 of the bytes, hex
    name TEXT NOT NULL,                -- as the sender called it
    origin TEXT NOT NULL,              -- http | dicom
    received TEXT NOT NULL,
    n_bytes INTEGER NOT NULL,
    state TEXT NOT NULL,               -- waiting | claimed | done
    n_claims INTEGER NOT NULL,         -- how often a worker began with it
    answer TEXT NOT NULL,              -- none | due | given | failed: of films of origin dicom
    n_answers INTEGER NOT NULL,        -- how often an answer was tried
    version INTEGER NOT NULL           -- of the worklist when this row last changed
) STRICT;
CREATE INDEX films_by_state ON films (state);
CREATE INDEX films_by_answer ON films (answer, state);
CREATE INDEX films_by_version ON films (version);
CREATE TABLE results (
    film TEXT NOT NULL, model_sha256 TEXT NOT NULL, screened TEXT NOT NULL, finished TEXT NOT NULL,
    PRIMARY KEY (film, model_sha256)   -- one network scores a film once
) STRICT;
CREATE TABLE verdicts (
    film TEXT NOT NULL, initials TEXT NOT NULL, verdict TEXT NOT NULL, label TEXT NOT NULL,
    comment TEXT NOT NULL, label_seen TEXT NOT NULL, model TEXT NOT NULL, who TEXT NOT NULL,
    time TEXT NOT NULL, PRIMARY KEY (film, initials)
) STRICT;
CREATE TABLE counter (version INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (0);
"""


class StateDatabase:
    """One connection to `worklist.sqlite`, for all threads of a process.

    Args:
        folder: State folder. It is made with the rights 0700 where it is missing.

    Raises:
        ScreeningError: The database has another form, or is none.
        OSError: The folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        make_private(folder)
        self.path = folder / "worklist.sqlite"
        self.is_damaged = False  # pages of it could not be read; they do not heal
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            self.path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise self._unusable(str(error)) from error

    def _prepare(self) -> None:
        # FULL: a commit waits for the disk, in WAL mode too. Source: sqlite.org/pragma.html
        for pragma in ("journal_mode = WAL", "synchronous = FULL", f"busy_timeout = {_BUSY_MS}"):
            self._connection.execute(f"PRAGMA {pragma}")
        with self.write() as write:  # two processes may open a new folder at once
            form = write("PRAGMA user_version").fetchone()[0]
            if form == 0:
                for statement in _TABLES.split(";\n"):
                    write(statement)
                write(f"PRAGMA user_version = {_FORM}")
        if form not in (0, _FORM):
            raise self._unusable(f"tables of form {form}; this program knows form {_FORM}")

    def _unusable(self, found: str) -> ScreeningError:
        return ScreeningError(
            "the worklist of the service must be a database that this program wrote",
            found=found,
            where=str(self.path),
            next_step="keep that file, and start the service with another --state FOLDER",
        )

    @contextmanager
    def write(self) -> Iterator[Any]:
        """One transaction: all of it is on the disk when the block ends, or none of it.

        Yields:
            `execute(sql, values)`.

        Raises:
            OSError: The disk is full (ENOSPC), or another process held the database too long.
            sqlite3.DatabaseError: The database is damaged.
        """
        with self._lock, self._noting_damage():
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection.execute
                except BaseException:
                    if self._connection.in_transaction:  # SQLite may have ended it on a full disk
                        self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise _system_error(error, self.path) from error

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Rows of one query.

        Raises:
            sqlite3.Error: The database cannot be read.
        """
        with self._lock, self._noting_damage():
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def _noting_damage(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            self.is_damaged |= (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE
            raise

    def close(self) -> None:
        """Close the connection; what was committed stays."""
        with self._lock:
            self._connection.close()


def next_version(write: Any) -> int:
    """Raise the version of the worklist, within a transaction, and return it."""
    return int(write("UPDATE counter SET version = version + 1 RETURNING version").fetchone()[0])


def time_text() -> str:
    """Now, as `2026-11-26T15:30:12.123Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can open, or take the rights of the others away."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    folder.chmod(PRIVATE_FOLDER)


def _system_error(error: sqlite3.OperationalError, path: Path) -> OSError:
    """SQLite's failure as the failure of the system that it stands for."""
    code = error.sqlite_errorcode & 0xFF  # the primary code. Source: sqlite.org/rescode.html
    numbers = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_BUSY: errno.EAGAIN}
    number = numbers.get(code, errno.EIO)
    return OSError(number, f"{os.strerror(number)} ({error})", str(path))
