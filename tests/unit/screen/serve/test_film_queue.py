"""The queue keeps what it accepted, hands each film to one worker, and refuses what is too much."""

import errno
import hashlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.errors import ScreeningError
from tasks.screen.serve.film_files import FilmFiles
from tasks.screen.serve.film_queue import FilmQueue, QueueFull

SEAL = "5" * 64


@pytest.fixture
def queue(tmp_path: Path) -> FilmQueue:
    return FilmQueue(tmp_path / "state", max_waiting=3)


def test_a_film_is_named_by_its_bytes_and_kept_once(queue: FilmQueue) -> None:
    first, second = queue.add(b"film", "a.jpeg", "http"), queue.add(b"film", "b.jpeg", "http")
    assert first == second == hashlib.sha256(b"film").hexdigest()
    assert queue.files.read(first) == b"film"
    assert queue.n_waiting() == 1


def test_films_are_claimed_once_each_in_the_order_they_came(queue: FilmQueue) -> None:
    ids = [queue.add(data, "a", "http") for data in (b"z", b"a", b"m")]
    claimed = [queue.claim() for _ in range(4)]
    assert [film.image_id if film else None for film in claimed] == [*ids, None]


def test_a_full_queue_refuses_and_keeps_nothing(queue: FilmQueue) -> None:
    for data in (b"1", b"2", b"3"):
        queue.add(data, "a", "http")
    with pytest.raises(QueueFull, match="at most 3 films may wait"):
        queue.add(b"4", "a", "http")
    assert queue.n_waiting() == 3
    assert len(list((queue.database.path.parent / "films").iterdir())) == 3


def test_several_films_are_accepted_together_or_not_at_all(queue: FilmQueue) -> None:
    films = [queue.store(bytes([n]), "a") for n in range(4)]
    with pytest.raises(QueueFull):
        queue.accept(films, "http")
    assert queue.n_waiting() == 0


def test_an_answer_is_stored_once_for_each_network(queue: FilmQueue) -> None:
    image_id = queue.add(b"film", "a", "http")
    queue.claim()
    assert queue.finish(image_id, SEAL, "{}")
    assert not queue.finish(image_id, SEAL, '{"another": 1}')
    assert queue.n_waiting() == 0
    assert queue.claim() is None


def test_another_network_scores_a_known_film_when_it_comes_again(queue: FilmQueue) -> None:
    image_id = queue.add(b"film", "a", "http")
    queue.claim()
    queue.finish(image_id, SEAL, "{}")
    film = queue.store(b"film", "a")
    assert queue.accept([film], "http", SEAL) == {image_id}
    assert queue.claim() is None
    queue.accept([film], "http", "6" * 64)
    again = queue.claim()
    assert again is not None
    assert again.image_id == image_id


def test_a_claim_of_a_killed_worker_is_released(queue: FilmQueue) -> None:
    queue.add(b"film", "a", "http")
    queue.claim()
    assert queue.claim() is None
    queue.release_claims()
    again = queue.claim()
    assert again is not None
    assert again.n_claims == 2


def test_an_answer_by_dicom_is_tried_three_times(queue: FilmQueue) -> None:
    image_id = queue.add(b"film", "a", "dicom")
    assert queue.answer_due() is None  # not scored yet
    queue.claim()
    queue.finish(image_id, SEAL, "{}")
    assert [queue.answer_due() for _ in range(4)] == [image_id, image_id, image_id, None]


def test_a_film_sent_again_by_dicom_is_answered_again(queue: FilmQueue) -> None:
    image_id = queue.add(b"film", "a", "dicom")
    queue.claim()
    queue.finish(image_id, SEAL, "{}")
    queue.answer_due()
    queue.answered(image_id)
    assert queue.answer_due() is None
    queue.add(b"film", "a", "dicom")
    assert queue.answer_due() == image_id


def test_the_folder_is_for_its_owner_only(queue: FilmQueue) -> None:
    folder = queue.database.path.parent
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "films")] == [0o700] * 2


def test_a_database_of_another_form_is_refused_by_name(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "worklist.sqlite") as other:
        other.execute("PRAGMA user_version = 9")
    other.close()
    with pytest.raises(ScreeningError, match="tables of form 9"):
        FilmQueue(tmp_path, 1)


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "worklist.sqlite").write_bytes(b"no database at all, though long enough" * 30)
    with pytest.raises(ScreeningError, match="not a database"):
        FilmQueue(tmp_path, 1)


def test_parts_of_dead_processes_are_removed(queue: FilmQueue) -> None:
    folder = queue.database.path.parent / "films"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    parts = [folder / f".{'a' * 64}.{pid}.1.part" for pid in (ended.pid, os.getpid())]
    for part in parts:
        part.touch()
    FilmFiles(folder.parent)
    assert [part.exists() for part in parts] == [False, True]


def test_a_full_disk_leaves_nothing_half_written(
    queue: FilmQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        queue.add(b"film", "a", "http")
    assert list((queue.database.path.parent / "films").iterdir()) == []
    assert queue.n_waiting() == 0


def test_a_full_database_says_so(queue: FilmQueue) -> None:
    pages = queue.database.read("PRAGMA page_count")[0][0]
    queue.database.read(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OSError, match="disk is full") as failed:
        queue.add(b"film", "a" * 100_000, "http")
    assert failed.value.errno == errno.ENOSPC
    queue.database.read("PRAGMA max_page_count = 100000")
    assert queue.add(b"film", "a", "http")


def test_what_was_accepted_survives_kill_9(tmp_path: Path) -> None:
    program = (
        "import os, signal\nfrom pathlib import Path\n"
        "from tasks.screen.serve.film_queue import FilmQueue\n"
        f"queue = FilmQueue(Path({str(tmp_path)!r}), 10)\n"
        "queue.add(b'first', 'a', 'http'); queue.claim(); queue.add(b'second', 'b', 'dicom')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False)
    assert ended.returncode == -signal.SIGKILL
    queue = FilmQueue(tmp_path, 10)
    queue.release_claims()
    claimed = [queue.claim(), queue.claim()]
    assert [queue.files.read(film.image_id) for film in claimed if film] == [b"first", b"second"]
