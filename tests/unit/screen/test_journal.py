"""The journal: reading order, answers that are found again, damage, and one run at a time."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.core.errors import ScreeningError
from tasks.core.network.screened_film import ScreenedFilm
from tasks.screen.journal import Journal, only_screening
from tests.unit.core.network.test_screened_film import FILM

SEAL = FILM.model_sha256


def journal(folder: Path, seal: str = SEAL, *, is_writer: bool = True) -> Journal:
    return Journal(folder / "journal.sqlite", seal, is_writer=is_writer)


REJECTED = ScreenedFilm("junk", "b" * 64, "rejected", "small", SEAL, reason="junk", group=3)


def test_the_films_come_in_reading_order(tmp_path: Path) -> None:
    low = replace(FILM, path="low", prob_finding=0.6)
    unknown = replace(FILM, path="unknown", prob_finding=None)
    with journal(tmp_path) as book:
        book.add([REJECTED, unknown, low])
        book.add([FILM])
        assert list(book.films()) == [FILM, low, unknown, REJECTED]
        assert book.counts() == {1: 3, 3: 1}


def test_an_answer_is_found_by_the_next_run_under_another_path(tmp_path: Path) -> None:
    with journal(tmp_path) as book:
        book.add([FILM, REJECTED])
    with journal(tmp_path) as book, journal(tmp_path, is_writer=False) as reader:
        assert list(book.films()) == []
        assert reader.answer(FILM.sha256, "other.png") == replace(FILM, path="other.png")
        assert book.answer(REJECTED.sha256) is None


def test_another_network_answers_anew(tmp_path: Path) -> None:
    with journal(tmp_path) as book:
        book.add([FILM])
    with journal(tmp_path, "0" * 64) as book:
        assert book.answer(FILM.sha256) is None


def test_what_was_not_committed_is_gone_and_the_rest_stays(tmp_path: Path) -> None:
    with journal(tmp_path) as book:
        book.add([FILM])
        second = replace(FILM, path="2", sha256="c" * 64)
        broken = replace(FILM, path="3", novelty=float("nan"))  # JSON has no such number
        with pytest.raises(ValueError, match="JSON"):
            book.add([second, broken])
        assert list(book.films()) == [FILM]


def test_a_journal_of_another_form_is_begun_anew(tmp_path: Path) -> None:
    with journal(tmp_path) as book:
        book.add([FILM])
    database = sqlite3.connect(tmp_path / "journal.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with journal(tmp_path) as book:
        assert book.answer(FILM.sha256) is None


@pytest.mark.parametrize("data", [b"no database", b"SQLite format 3\0" + bytes(4000)])
def test_a_damaged_journal_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "journal.sqlite").write_bytes(data)
    with pytest.raises(ScreeningError) as error, journal(tmp_path) as book:
        book.add([FILM])
    assert error.value.where == str(tmp_path / "journal.sqlite")


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    with journal(tmp_path) as book:
        book.add([FILM])
        book._database.execute("PRAGMA max_page_count = 1")
        films = [replace(FILM, path=f"{n}", sha256=f"{n:064d}") for n in range(500)]
        with pytest.raises(ScreeningError, match="full"):
            book.add(films)
        assert list(book.films()) == [FILM]


def test_a_second_run_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    with only_screening(tmp_path / "out"):
        with pytest.raises(ScreeningError, match="another run"), only_screening(tmp_path / "out"):
            pass
        with only_screening(tmp_path / "other"):
            pass
    with only_screening(tmp_path / "out"):
        pass


def test_an_error_of_the_work_is_not_taken_for_a_second_run(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), only_screening(tmp_path):
        raise BlockingIOError


@pytest.mark.parametrize("edited", ["{}", '{"group": 92, "refer_reasons": []}', "[]", "["])
def test_an_edited_answer_is_told_in_words(tmp_path: Path, edited: str) -> None:
    with journal(tmp_path) as book:
        book.add([FILM])
        with sqlite3.connect(tmp_path / "journal.sqlite") as database:
            database.execute("UPDATE answers SET film = ?", (edited,))
        with pytest.raises(ScreeningError, match=r"no screened film|Expecting"):
            book.answer(FILM.sha256)
