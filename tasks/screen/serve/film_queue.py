"""The queue of films: accepted means that the bytes and the row are on the disk.

Several processes may use one state folder: the service, which adds films and scores them, and the
DICOM receiver, which adds films.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tasks.core.errors import ScreeningError
from tasks.screen.serve.film_files import FilmFiles
from tasks.screen.serve.state_database import StateDatabase, next_version, time_text

Origin = Literal["http", "dicom"]
MAX_CLAIMS = 3  # a film that ended the program so often is set aside; others must go on
MAX_ANSWERS = 3  # tries to write the answer of a film of origin dicom
_IS_OPEN = "state <> 'done'"


class QueueFull(ScreeningError):  # noqa: N818 - the queue is full; nothing failed
    """More films wait than the queue may hold."""


class NewFilm(NamedTuple):
    """A film whose bytes are stored: its id, the sender's name for it, and its size in bytes."""

    image_id: str
    name: str
    n_bytes: int


@dataclass(frozen=True)
class ClaimedFilm:
    """A film that a worker has begun with.

    Attributes:
        image_id: sha256 of the bytes.
        name: The sender's name for it.
        origin: `http` or `dicom`.
        n_claims: How often a worker began with it, this time included.
    """

    image_id: str
    name: str
    origin: str
    n_claims: int


class FilmQueue:
    """Films that wait for the network, in a state folder.

    Args:
        folder: State folder: `worklist.sqlite` and `films/`. It is made where it is missing.
        max_waiting: Most films that may wait at once.

    Raises:
        ScreeningError: The database in the folder is not one of this program.
        OSError: The folder cannot be made or written.
    """

    def __init__(self, folder: Path, max_waiting: int) -> None:
        self.database = StateDatabase(folder)
        self.files = FilmFiles(folder)
        self.max_waiting = max_waiting

    def add(self, data: bytes, name: str, origin: Origin) -> str:
        """Accept a film. When this returns, the film survives `kill -9` and a power cut.

        A film with the same bytes is kept once. Sent again by DICOM, it is answered again.

        Args:
            data: Bytes of the file, of any kind: what is no film becomes a row with a reason.
            name: What the worklist calls it. It must not hold the identity of a patient.
            origin: How it came.

        Returns:
            Id of the film: the sha256 of its bytes, hex.

        Raises:
            QueueFull: Too many films wait; nothing is kept.
            OSError: The disk is full or broken (`errno.ENOSPC`); nothing is accepted.

        Example:
            >>> from pathlib import Path
            >>> queue = FilmQueue(Path("state"), max_waiting=100)
            >>> queue.add(b"bytes of a film", "a.jpeg", "http")[:8]
            '4f4f34ee'
        """
        self.check_room(1)
        film = self.store(data, name)
        self.accept([film], origin)
        return film.image_id

    def knows(self, image_id: str) -> bool:
        """Whether a film with these bytes was accepted before."""
        return bool(self.database.read("SELECT 1 FROM films WHERE id = ?", (image_id,)))

    def check_room(self, n_films: int) -> None:
        """Raise QueueFull if the queue has no room for so many films more."""
        n_waiting = self.n_waiting()
        if n_waiting + n_films > self.max_waiting:
            raise QueueFull(
                f"at most {self.max_waiting} films may wait for the network",
                found=f"{n_waiting} films wait, {n_films} more came",
                where="the queue of the service",
                next_step="send the same films again later; none of them was kept",
            )

    def store(self, data: bytes, name: str) -> NewFilm:
        """Write the bytes of a film to the disk; it counts as accepted only after `accept`."""
        return NewFilm(self.files.store(data), name, len(data))

    def accept(
        self, films: Sequence[NewFilm], origin: Origin, model_sha256: str | None = None
    ) -> set[str]:
        """Accept stored films: all of them or none.

        Args:
            films: From `store`.
            origin: How they came.
            model_sha256: Seal of the network. A known film that only another network has scored
                waits again.

        Returns:
            Ids of the films that were known before.

        Raises:
            QueueFull: Too many films wait.
            OSError: The disk is full or broken.
        """
        self.files.sync()
        answer = "due" if origin == "dicom" else "none"
        with self.database.write() as write:
            known = {
                film.image_id for film in films if not self._insert(write, film, origin, answer)
            }
            for image_id in known:
                _take_up_again(write, image_id, answer, model_sha256)
            self.check_room(0)
        return known

    @staticmethod
    def _insert(write: Any, film: NewFilm, origin: Origin, answer: str) -> bool:
        values = (*film, origin, time_text(), answer)
        return bool(
            write(
                "INSERT INTO films (id, name, n_bytes, origin, received, answer, state, n_claims,"
                " n_answers, version) VALUES (?, ?, ?, ?, ?, ?, 'waiting', 0, 0, 0)"
                " ON CONFLICT DO NOTHING",
                values,
            ).rowcount
        )

    def n_waiting(self) -> int:
        """Number of films without an answer, with the one that is being scored."""
        sql = f"SELECT count(*) FROM films WHERE {_IS_OPEN}"  # noqa: S608 - a constant
        return int(self.database.read(sql)[0][0])

    def release_claims(self) -> None:
        """Let the films wait again that a killed worker had begun with. For the one worker only."""
        with self.database.write() as write:
            write("UPDATE films SET state = 'waiting' WHERE state = 'claimed'")

    def claim(self) -> ClaimedFilm | None:
        """Take the film that has waited longest, or None. Nobody else can take it then."""
        with self.database.write() as write:
            row = write(
                "UPDATE films SET state = 'claimed', n_claims = n_claims + 1 WHERE rowid ="
                " (SELECT min(rowid) FROM films WHERE state = 'waiting')"
                " RETURNING id, name, origin, n_claims"
            ).fetchone()
        return row and ClaimedFilm(row["id"], row["name"], row["origin"], row["n_claims"])

    def finish(self, image_id: str, model_sha256: str, screened: str) -> bool:
        """Store the answer for a film.

        Args:
            image_id: A claimed film.
            model_sha256: Seal of the network.
            screened: The answer, as JSON.

        Returns:
            Whether it was stored; False if this network has answered for the film before.
        """
        with self.database.write() as write:
            stored = write(
                "INSERT INTO results VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (image_id, model_sha256, screened, time_text()),
            ).rowcount
            version = next_version(write)
            write("UPDATE films SET state = 'done', version = ? WHERE id = ?", (version, image_id))
        return bool(stored)

    def answer_due(self) -> str | None:
        """Id of a scored film of origin dicom whose answer was not written yet, or None.

        The try is counted before it begins, so that no film can end the program for ever.
        """
        with self.database.write() as write:
            row = write(
                "UPDATE films SET n_answers = n_answers + 1, answer ="
                " CASE WHEN n_answers >= ? THEN 'failed' ELSE 'due' END"
                " WHERE rowid = (SELECT min(rowid) FROM films"
                " WHERE answer = 'due' AND state = 'done') RETURNING id, answer",
                (MAX_ANSWERS,),
            ).fetchone()
        return row["id"] if row and row["answer"] == "due" else None

    def answered(self, image_id: str) -> None:
        """Note that the answer of a film was written."""
        with self.database.write() as write:
            write("UPDATE films SET answer = 'given' WHERE id = ?", (image_id,))


def _take_up_again(write: Any, image_id: str, answer: str, model_sha256: str | None) -> None:
    """A film that came again: score it if the network is another one; answer it if asked for."""
    if answer == "due":
        write("UPDATE films SET answer = 'due', n_answers = 0 WHERE id = ?", (image_id,))
    scored_by: Iterable[sqlite3.Row] = write(
        "SELECT model_sha256 FROM results WHERE film = ?", (image_id,)
    )
    if model_sha256 and model_sha256 not in {row[0] for row in scored_by}:
        write(
            "UPDATE films SET state = 'waiting', n_claims = 0 WHERE id = ? AND state = 'done'",
            (image_id,),
        )
