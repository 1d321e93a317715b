"""The log says why a sender is turned away, and what it may not send."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.screen.dicom.film_intake import FilmIntake
from tasks.screen.dicom.film_receiver import FilmReceiver
from tasks.screen.serve.film_queue import FilmQueue
from tests.dicom_senders import CR, ECHO, LIMITS, modality

CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.fixture
def port(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[int]:
    caplog.set_level(logging.INFO)
    intake = FilmIntake(FilmQueue(tmp_path, max_waiting=9), show_identity=False)
    limits = LIMITS.model_copy(update={"callers": ["CRROOM"], "max_associations": 1})
    receiver = FilmReceiver(intake, limits, "LUNGLINE")
    try:
        yield receiver.start("127.0.0.1", 0)
    finally:
        receiver.stop()


def is_said(caplog: pytest.LogCaptureFixture, words: str, port: int, **call: str) -> bool:
    """Call until the log has the words: a connection that ended counts for a moment longer."""
    end_s = time.monotonic() + 20
    while words not in caplog.text and time.monotonic() < end_s:
        with modality(port, **call) as association:
            assert not association.is_established
    return words in caplog.text


def test_each_rejection_has_its_reason(port: int, caplog: pytest.LogCaptureFixture) -> None:
    with modality(port) as taken:
        assert taken.is_established
        assert is_said(caplog, "turned away: screen.dicom.max_associations others send", port)
    other, stranger = {"called": "OTHER"}, {"title": "STRANGER"}
    assert is_said(caplog, "turned away: it calls OTHER, and this is LUNGLINE", port, **other)
    assert is_said(caplog, "turned away: its title is not in screen.dicom", port, **stranger)


def test_refused_kinds_are_named_with_the_reason(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with modality(port, classes=(CR, CT, ECHO)):
        pass
    assert "CRROOM at 127.0.0.1 may not send: CT Image Storage (no radiograph)" in caplog.text
    assert "Computed Radiography" not in caplog.text


def test_a_film_that_nothing_decodes_is_named_with_the_reason(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with modality(port, "1.2.840.10008.1.2.4.100", classes=(CR,)):  # a film in MPEG-2
        pass
    assert "Computed Radiography Image Storage (no decoder is installed for MPEG2" in caplog.text
