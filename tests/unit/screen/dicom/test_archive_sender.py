"""Answers go to a real archive on loopback: each once, whatever happens on the way."""

import io
import threading
import time
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from tasks.screen.dicom import archive_sender
from tasks.screen.dicom.answer_outbox import AnswerOutbox
from tasks.screen.dicom.answers import as_file
from tasks.screen.dicom.archive_sender import ArchiveAway, ArchiveSender
from tasks.screen.dicom.peer_address import Peer
from tests.dicom_senders import CAPTURE, REPORT, archive, as_dataset, film_bytes

# pynetdicom leaves the socket of a refused connection to the garbage collector
AWAY = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def outbox(tmp_path: Path) -> AnswerOutbox:
    made = AnswerOutbox(tmp_path)
    for number, kind in ((1, CAPTURE), (2, REPORT)):
        made.put(f"2.25.9{number}", film_bytes(number, SOPClassUID=kind))
    return made


def sender(outbox: AnswerOutbox, port: int) -> ArchiveSender:
    return ArchiveSender(outbox, Peer("127.0.0.1", port, "ARCHIVE"), "LUNGLINE", 20.0)


def test_every_answer_is_sent_once_unchanged(outbox: AnswerOutbox) -> None:
    with archive() as kept:
        assert sender(outbox, kept.port).send_waiting() == 2
        assert sender(outbox, kept.port).send_waiting() == 0
    assert kept.classes() == [CAPTURE, REPORT]
    for received in kept.received:
        number = received.SOPInstanceUID[-1]
        sent = as_dataset(film_bytes(int(number), SOPClassUID=received.SOPClassUID))
        assert received.to_json() == sent.to_json()
    assert outbox.waiting() == []


@AWAY
def test_answers_wait_while_the_archive_is_away(outbox: AnswerOutbox) -> None:
    with archive() as kept:
        port = kept.port
    with pytest.raises(ArchiveAway):
        sender(outbox, port).send_waiting()
    assert len(outbox.waiting()) == 2


def test_an_archive_without_room_gets_the_answer_later(outbox: AnswerOutbox) -> None:
    with archive() as kept:
        kept.answers = [0x0000, 0xA700]
        with pytest.raises(ArchiveAway, match="takes nothing now"):
            sender(outbox, kept.port).send_waiting()
        assert len(outbox.waiting()) == 1
        assert sender(outbox, kept.port).send_waiting() == 1
    assert kept.classes() == [CAPTURE, REPORT]


def test_an_answer_that_is_refused_again_and_again_is_set_aside(outbox: AnswerOutbox) -> None:
    with archive(kinds=(CAPTURE,)) as kept:  # it takes no reports
        one = sender(outbox, kept.port)
        assert [one.send_waiting() for _ in range(6)] == [1, 0, 0, 0, 0, 0]
    assert outbox.waiting() == []
    assert (outbox.folder / "refused/2.25.92.dcm").exists()


def test_an_archive_that_takes_only_the_default_syntax_gets_the_same_answers(
    outbox: AnswerOutbox,
) -> None:
    with archive(syntax=ImplicitVRLittleEndian) as kept:
        assert sender(outbox, kept.port).send_waiting() == 2
    for received in kept.received:
        number = int(received.SOPInstanceUID[-1])
        sent = as_dataset(film_bytes(number, SOPClassUID=received.SOPClassUID))
        assert received.pop("PixelData").value == sent.pop("PixelData").value
        assert received.to_json() == sent.to_json()


def test_a_stored_answer_with_a_warning_counts_as_sent(outbox: AnswerOutbox) -> None:
    with archive() as kept:
        kept.answers = [0xB000, 0xB007]
        assert sender(outbox, kept.port).send_waiting() == 2


@AWAY
def test_the_sender_goes_on_when_the_archive_comes_back(
    outbox: AnswerOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_sender, "LOOK_S", 0.05)
    with archive() as kept:
        port = kept.port
    stop = threading.Event()
    thread = threading.Thread(target=sender(outbox, port).run, args=(stop,))
    thread.start()
    time.sleep(0.3)
    with archive(port) as kept:
        end_s = time.monotonic() + 60
        while outbox.waiting() and time.monotonic() < end_s:
            time.sleep(0.05)
        stop.set()
        thread.join()
    assert kept.classes() == [CAPTURE, REPORT]


def test_a_file_that_is_no_answer_holds_nothing_up(outbox: AnswerOutbox) -> None:
    (outbox.folder / "2.25.5.dcm").write_bytes(b"not DICOM")
    with archive() as kept:
        one = sender(outbox, kept.port)
        for _ in range(5):
            one.send_waiting()
    assert kept.classes() == [CAPTURE, REPORT]
    assert (outbox.folder / "refused/2.25.5.dcm").exists()


def test_identity_of_other_scripts_reaches_the_archive_byte_for_byte(tmp_path: Path) -> None:
    film = film_bytes(
        1, SOPClassUID=CAPTURE, SpecificCharacterSet="ISO_IR 192", PatientName="\u738b"
    )
    outbox = AnswerOutbox(tmp_path)
    outbox.put("2.25.91", film)
    with archive() as kept:
        sender(outbox, kept.port).send_waiting()
    received: Dataset = kept.received[0]
    assert "\u738b".encode() in as_file(received)
    assert io.BytesIO(as_file(received)).read()[128:132] == b"DICM"
