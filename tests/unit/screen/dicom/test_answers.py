"""The writer of answers: both files once, durable, and errors that quote no header."""

import io
import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from tasks.core.errors import ScreeningError
from tasks.core.film.square import square_of_film
from tasks.screen.dicom.answers import AnswerWriter
from tests.dicom_senders import CAPTURE, REPORT, film_bytes
from tests.screened_answers import REFERRED, REJECTED, RESIZE, SCORED, HeatOfOneCorner

AT = datetime(2026, 11, 26, 15, 30, 12, tzinfo=UTC)


@pytest.fixture
def network() -> Any:
    return HeatOfOneCorner()


def write(network: Any, folder: Path, data: bytes) -> tuple[Path, ...]:
    writer = AnswerWriter(network, folder)
    return writer.write(data, SCORED, square_of_film(data, RESIZE), AT)


def test_a_scored_film_gets_a_capture_and_a_report_once(network: Any, tmp_path: Path) -> None:
    data = film_bytes()
    written = write(network, tmp_path, data)
    assert [dcmread(path).SOPClassUID for path in written] == [CAPTURE, REPORT]
    assert [path.stem for path in written] == [dcmread(path).SOPInstanceUID for path in written]
    assert write(network, tmp_path, data) == ()
    assert len(list(tmp_path.glob("*.dcm"))) == 2


def test_the_heat_is_that_of_the_called_finding(network: Any, tmp_path: Path) -> None:
    write(network, tmp_path, film_bytes())
    assert network.asked == [1]


def test_without_a_finding_the_heat_is_that_of_the_likeliest_one(
    network: Any, tmp_path: Path
) -> None:
    film = replace(SCORED, call="NORMAL", called_positive=False)
    data = film_bytes()
    AnswerWriter(network, tmp_path).write(data, film, square_of_film(data, RESIZE), AT)
    assert network.asked == [1]


def test_a_film_without_a_call_gets_no_heat(network: Any, tmp_path: Path) -> None:
    data = film_bytes()
    square = square_of_film(data, RESIZE)
    (report,) = AnswerWriter(network, tmp_path).write(data, REFERRED, square, AT)
    assert dcmread(report).SOPClassUID == REPORT


def test_an_answer_that_was_lost_between_two_files_is_completed(
    network: Any, tmp_path: Path
) -> None:
    capture, report = write(network, tmp_path, film_bytes())
    before = report.read_bytes()
    report.unlink()
    assert write(network, tmp_path, film_bytes()) == (report,)
    assert report.read_bytes() == before
    assert capture.exists()


def test_a_sent_answer_is_not_made_again(network: Any, tmp_path: Path) -> None:
    for path in write(network, tmp_path, film_bytes()):
        (tmp_path / "sent" / path.stem).touch()
        path.unlink()
    assert write(network, tmp_path, film_bytes()) == ()


def test_a_rejected_film_gets_a_report_only(network: Any, tmp_path: Path) -> None:
    (report,) = AnswerWriter(network, tmp_path).write(film_bytes()[:-500], REJECTED, None, AT)
    assert dcmread(report).SOPClassUID == REPORT
    assert network.asked == []


def test_an_error_names_the_film_by_its_hash_and_quotes_nothing(
    network: Any, tmp_path: Path
) -> None:
    data = film_bytes().replace(b"2.25.71", b"ZZQ.no1")
    writer = AnswerWriter(network, tmp_path)
    log = io.StringIO()  # pytest's own fixture also listens to loggers that are silenced
    logging.getLogger().addHandler(handler := logging.StreamHandler(log))
    try:
        with pytest.raises(ScreeningError) as caught:
            writer.write(data, REJECTED, None, AT)
    finally:
        logging.getLogger().removeHandler(handler)
    assert "ZZQ" not in str(caught.value) + log.getvalue()
    assert str(REJECTED.sha256) in str(caught.value)


def test_a_full_disk_is_told_and_leaves_no_half_answer(
    network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(network, tmp_path, film_bytes())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
