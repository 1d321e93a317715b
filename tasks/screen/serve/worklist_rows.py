"""What the worklist says of films: rows of the database as the service answers them."""

import logging
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.core.network.screened_film import ScreenedFilm, read_screened
from tasks.screen.serve.state_database import StateDatabase

MAX_CHANGED_FILMS = 500  # of one answer; a caller asks for the next ones
_FILM = (
    "SELECT films.*, results.screened, results.finished, results.model_sha256 FROM films"
    " LEFT JOIN results ON results.rowid = (SELECT max(rowid) FROM results WHERE film = films.id)"
)


@dataclass(frozen=True)
class SignedVerdict:
    """What one reader said of a film.

    Attributes:
        initials: Of the reader.
        verdict: One of `tasks.core.verdicts.VERDICTS`.
        label: Class that the reader named, or "".
        comment: Why, or "".
        time: When, in UTC.
    """

    initials: str
    verdict: str
    label: str
    comment: str
    time: str


@dataclass(frozen=True)
class FilmRow:
    """A film of the worklist.

    Attributes:
        image_id: sha256 of the bytes.
        name: The sender's name for it.
        origin: `http` or `dicom`.
        received: When, in UTC.
        state: `waiting`, `claimed` or `done`.
        version: Of the worklist when the row last changed.
        screened: The newest answer, or None while there is none.
        finished: When the network gave it, in UTC; "" while there is none.
        signed: The newest verdict, or None.
    """

    image_id: str
    name: str
    origin: str
    received: str
    state: str
    version: int
    screened: ScreenedFilm | None
    finished: str
    signed: SignedVerdict | None


def changed_films(database: StateDatabase, after: int) -> list[FilmRow]:
    """Films that changed after a version, in the order of change, at most MAX_CHANGED_FILMS."""
    sql = f"{_FILM} WHERE films.version > ? ORDER BY films.version LIMIT ?"
    return _rows(database, database.read(sql, (after, MAX_CHANGED_FILMS)))


def find_film(database: StateDatabase, image_id: str) -> FilmRow | None:
    """One film, or None if the service does not have it."""
    rows = _rows(database, database.read(f"{_FILM} WHERE films.id = ?", (image_id,)))
    return rows[0] if rows else None


def _rows(database: StateDatabase, films: Sequence[sqlite3.Row]) -> list[FilmRow]:
    signed = _newest_verdicts(database, [film["id"] for film in films])
    return [
        FilmRow(
            image_id=film["id"],
            name=film["name"],
            origin=film["origin"],
            received=film["received"],
            state=film["state"],
            version=film["version"],
            screened=None if film["screened"] is None else _answer(film),
            finished=film["finished"] or "",
            signed=signed.get(film["id"]),
        )
        for film in films
    ]


def _answer(film: sqlite3.Row) -> ScreenedFilm:
    """The answer of a row; if it is damaged, one that says so, in the group of files to open."""
    try:
        return read_screened(film["screened"])
    except ValueError as error:
        logging.getLogger(__name__).error("the answer for film %s: %s", film["id"], error)
    return ScreenedFilm(
        path=film["name"],
        sha256=film["id"],
        status="rejected",
        model="unknown",
        model_sha256=film["model_sha256"],
        reason="unreadable",
        detail="the answer of the network is damaged in the database of the service",
        next_step="open the film and read it; send it to a service with a new state folder",
    )


def _newest_verdicts(database: StateDatabase, ids: Sequence[str]) -> dict[str, SignedVerdict]:
    """The verdict that was given last on each film; a clock that was set back does not matter."""
    places = ",".join("?" * len(ids))
    sql = f"SELECT * FROM verdicts WHERE film IN ({places}) ORDER BY rowid"  # noqa: S608 - ?
    by_film: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in database.read(sql, ids):
        by_film[row["film"]].append(row)
    names = ("initials", "verdict", "label", "comment", "time")
    return {
        film: SignedVerdict(**{name: rows[-1][name] for name in names})
        for film, rows in by_film.items()
    }
