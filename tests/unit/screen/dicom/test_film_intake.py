"""What one object becomes: accepted and durable, or a status that says why not."""

import errno
import logging
from pathlib import Path

import pytest

from tasks.screen.dicom.film_header import read_header
from tasks.screen.dicom.film_intake import (
    NOT_UNDERSTOOD,
    OTHER_OBJECT,
    OUT_OF_RESOURCES,
    SUCCESS,
    FilmIntake,
    Intake,
    film_name,
)
from tasks.screen.serve.film_queue import FilmQueue
from tests.dicom_senders import CR, film_bytes

UID = "2.25.91"


@pytest.fixture
def queue(tmp_path: Path) -> FilmQueue:
    return FilmQueue(tmp_path, max_waiting=2)


def accept(queue: FilmQueue, data: bytes, sop_class: str = CR, uid: str = UID) -> Intake:
    return FilmIntake(queue, show_identity=False).accept(data, sop_class, uid)


def test_an_accepted_film_is_in_the_queue_with_its_bytes(queue: FilmQueue) -> None:
    data = film_bytes()
    assert accept(queue, data) == (SUCCESS, "")
    claimed = queue.claim()
    assert claimed is not None
    assert claimed.origin == "dicom"
    assert queue.files.read(claimed.image_id) == data


def test_the_same_film_twice_is_one_film(
    queue: FilmQueue, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert [accept(queue, film_bytes()).status for _ in range(5)] == [SUCCESS] * 5
    assert queue.n_waiting() == 1
    assert (caplog.text.count(" accepted "), caplog.text.count(" known, ")) == (1, 4)


def test_damaged_pixels_are_accepted_for_a_report_that_says_so(queue: FilmQueue) -> None:
    assert accept(queue, film_bytes()[:-4000]).status == SUCCESS


@pytest.mark.parametrize("n_bytes", [0, 140, 300])
def test_a_header_that_ends_early_is_not_understood(queue: FilmQueue, n_bytes: int) -> None:
    assert accept(queue, film_bytes()[:n_bytes]).status == NOT_UNDERSTOOD
    assert queue.n_waiting() == 0


def test_another_object_than_the_named_one_is_refused(queue: FilmQueue) -> None:
    assert accept(queue, film_bytes(), uid="2.25.4").status == OTHER_OBJECT
    assert accept(queue, film_bytes(), sop_class="1.2.3").status == OTHER_OBJECT


def test_our_own_answers_do_not_come_in_again(queue: FilmQueue) -> None:
    assert accept(queue, film_bytes(Manufacturer="Lungline")).status == OTHER_OBJECT


def test_a_full_queue_is_out_of_resources(queue: FilmQueue) -> None:
    statuses = [accept(queue, film_bytes(n), uid=f"2.25.9{n}").status for n in (1, 2, 3)]
    assert statuses == [SUCCESS, SUCCESS, OUT_OF_RESOURCES]


def test_a_full_disk_is_out_of_resources(queue: FilmQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(queue, "add", full)
    assert accept(queue, film_bytes()).status == OUT_OF_RESOURCES


def test_the_name_and_the_log_show_no_identity(
    queue: FilmQueue, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        accept(queue, film_bytes())
    assert "ZZQ" not in caplog.text
    claimed = queue.claim()
    assert claimed is not None
    assert claimed.name.startswith("dicom-")
    assert "ZZQ" not in claimed.name


def test_the_name_shows_the_number_of_the_patient_if_the_setting_says_so() -> None:
    header = read_header(film_bytes(PatientID="417/b"))
    assert film_name(header, show_identity=True).startswith("417 b/dicom-")
    assert film_name(read_header(film_bytes(PatientID="")), True).startswith("no PatientID/")
