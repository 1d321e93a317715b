"""A film goes from a modality through the receiver and the service to the archive, as a report."""

import io
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from highdicom.sr import srread
from pydicom import Dataset

from tasks.core.network.screened_film import ScreenedFilm, read_screened
from tasks.screen.dicom.answer_outbox import AnswerOutbox
from tasks.screen.dicom.answer_words import RESEARCH_USE
from tasks.screen.dicom.answers import as_file
from tests.dicom_senders import (
    CAPTURE,
    IDENTITY,
    REPORT,
    Archive,
    archive,
    as_dataset,
    film_bytes,
    modality,
    pattern,
    send,
)
from tests.films import workspace
from tests.screen_programs import ROOT, Program, running
from tests.small_onnx import small_onnx

# pynetdicom leaves the socket of a lost connection to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

PLANTED = [
    text
    for value in IDENTITY.values()
    for text in (value if isinstance(value, list) else [value])
    if text.startswith("ZZQ") or text == IDENTITY["PatientBirthDate"]
]


class Clinic(NamedTuple):
    folder: Path
    receiver: Program
    service: Program
    archive: Archive

    def results(self) -> dict[str, ScreenedFilm]:
        """Answers of the network, by the hash of the film."""
        with sqlite3.connect(self.folder / "state/worklist.sqlite") as database:
            rows = database.execute("SELECT film, screened FROM results").fetchall()
        return {film: read_screened(screened) for film, screened in rows}

    def answers_of(self, number: int, n_objects: int) -> dict[str, Dataset]:
        """Wait for the objects in the study of a film, and return them by their kind."""
        study = f"2.25.7{number}"

        def found() -> list[Dataset]:
            return [one for one in [*self.archive.received] if one.StudyInstanceUID == study]

        wait_until(lambda: len(found()) >= n_objects)
        return {str(one.SOPClassUID): one for one in found()}


def wait_until(is_so: Callable[[], bool], most_s: float = 120) -> None:
    end_s = time.monotonic() + most_s
    while not is_so():
        assert time.monotonic() < end_s, "it took too long"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    folder = workspace(tmp_path_factory.mktemp("clinic"))
    model = str(small_onnx(folder))
    with archive() as kept:
        to = f"127.0.0.1:{kept.port}:ARCHIVE"
        receive = running(
            "tasks.screen.dicom", folder, "--port", "0", "--state", "state", "--send-to", to
        )
        score = running(
            "tasks.screen.serve", folder, "--port", "0", "--state", "state", "--model", model
        )
        with receive as receiver, score as service:
            yield Clinic(folder, receiver, service, kept)


def test_a_film_comes_back_as_a_report_and_a_capture(clinic: Clinic) -> None:
    film = film_bytes(1)
    assert send(clinic.receiver.port, film) == [0x0000]
    answers = clinic.answers_of(1, 2)
    report, capture = answers[REPORT], answers[CAPTURE]
    (screened,) = (one for one in clinic.results().values() if one.status == "scored")
    groups = srread(io.BytesIO(as_file(report))).content.get_image_measurement_groups()
    numbers = {one.name.value: one.value for one in groups[0].get_measurements()}
    assert numbers["prob_finding"] == screened.prob_finding
    assert [group.get_measurements()[0].value for group in groups[1:]] == [
        *screened.probabilities.values()
    ]
    assert report.DeviceSerialNumber == screened.model_sha256
    assert capture.pixel_array.shape[2] == 3
    for answer in (report, capture):
        assert answer.SeriesDescription.startswith(RESEARCH_USE)
        for keyword in set(IDENTITY) - {"InstitutionName"}:
            assert answer[keyword] == as_dataset(film)[keyword]


def test_a_film_sent_again_makes_no_second_answer(clinic: Clinic) -> None:
    assert send(clinic.receiver.port, film_bytes(2)) == [0x0000]
    clinic.answers_of(2, 2)
    assert send(clinic.receiver.port, film_bytes(2), film_bytes(3)) == [0x0000] * 2
    clinic.answers_of(3, 2)
    wait_until(lambda: nothing_is_due(clinic))
    uids = [one.SOPInstanceUID for one in clinic.archive.received]
    assert len(uids) == len(set(uids))


def nothing_is_due(clinic: Clinic) -> bool:
    with sqlite3.connect(clinic.folder / "state/worklist.sqlite") as database:
        sql = "SELECT count(*) FROM films WHERE answer = 'due'"
        return database.execute(sql).fetchone() == (0,)


def test_hostile_films_come_back_as_reports_that_say_why(clinic: Clinic) -> None:
    deep = np.arange(128 * 128, dtype=np.uint16).reshape(128, 128)
    without_pixels = as_dataset(film_bytes(11))
    del without_pixels.PixelData
    cut = as_dataset(film_bytes(12))
    cut.PixelData = cut.PixelData[:100]
    private = as_dataset(film_bytes(13))
    private.private_block(0x0019, "ZZQMAKER", create=True).add_new(1, "UT", "ZZQPRIVATE")
    inverse = film_bytes(14, deep, BitsStored=12, PhotometricInterpretation="MONOCHROME1")
    raw = film_bytes(15, pattern(15), PresentationIntentType="FOR PROCESSING")
    with modality(clinic.receiver.port) as association:
        for film in (without_pixels, cut, private, as_dataset(inverse), as_dataset(raw)):
            assert association.send_c_store(film).Status == 0x0000
    for number, n_objects in ((11, 1), (12, 1), (13, 2), (14, 2), (15, 1)):
        answers = clinic.answers_of(number, n_objects)
        assert (CAPTURE in answers) == (n_objects == 2)
        says_why = b"did not score this file" in as_file(answers[REPORT])
        assert says_why == (n_objects == 1)
    assert "ZZQPRIVATE" not in str(clinic.archive.received)


def test_identity_is_in_no_log_table_page_or_file_name(clinic: Clinic) -> None:
    """The bytes of the films and answers on their way hold it; nothing else of the state does."""
    assert send(clinic.receiver.port, film_bytes(21)) == [0x0000]
    clinic.answers_of(21, 2)
    wait_until(lambda: nothing_is_due(clinic) and not [*clinic.folder.glob("state/answers/*.dcm")])
    files = [path for path in clinic.folder.rglob("*") if path.is_file()]
    names = "\n".join(path.relative_to(clinic.folder).as_posix() for path in files)
    texts = [names.encode()]
    texts += [path.read_bytes() for path in files if path.parent != clinic.folder / "state/films"]
    texts += [fetched(clinic, page) for page in ("/", "/worklist?after=0", "/metrics")]
    assert b"dicom-" in texts[-2]
    for planted in [*PLANTED, "ZZQPRIVATE", "ZZQMAKER"]:
        assert not [text[:80] for text in texts if planted.encode() in text]


def fetched(clinic: Clinic, page: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{clinic.service.port}{page}") as answer:
        return bytes(answer.read())


@pytest.mark.slow
def test_what_a_killed_receiver_said_yes_to_is_in_the_queue(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    taken: list[int] = []
    for start in (0, 100, 200):
        with running("tasks.screen.dicom", folder, "--port", "0", "--state", "state") as receiver:
            sender = threading.Thread(target=send_until_dead, args=(receiver.port, start, taken))
            sender.start()
            n_before = len(taken)
            wait_until(lambda n_before=n_before: len(taken) >= n_before + 8)
            receiver.kill()
            sender.join()
    with sqlite3.connect(folder / "state/worklist.sqlite") as database:
        rows = {row[0] for row in database.execute("SELECT id FROM films")}
    stored = [as_dataset((folder / "state/films" / film).read_bytes()) for film in rows]
    assert {f"2.25.9{number}" for number in taken} <= {film.SOPInstanceUID for film in stored}
    assert len(taken) >= 24


@pytest.mark.slow
def test_a_killed_sender_loses_no_answer(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    outbox = AnswerOutbox(folder / "state/answers")
    for number in range(40):
        outbox.put(f"2.25.9{number}", film_bytes(number, SOPClassUID=CAPTURE))
    with archive() as kept:
        to = f"127.0.0.1:{kept.port}:ARCHIVE"
        started = ["--port", "0", "--state", "state", "--send-to", to]
        with running("tasks.screen.dicom", folder, *started) as receiver:
            wait_until(lambda: len(kept.received) >= 5)
            receiver.kill()
        with running("tasks.screen.dicom", folder, *started):
            wait_until(lambda: not outbox.waiting())
    uids = [str(one.SOPInstanceUID) for one in kept.received]
    assert set(uids) == {f"2.25.9{number}" for number in range(40)}
    assert len(uids) <= 41  # the one in flight may come twice, with one UID


def send_until_dead(port: int, start: int, taken: list[int]) -> None:
    with modality(port) as association:
        for number in range(start, start + 100):
            if not association.is_established:
                return
            try:
                answer = association.send_c_store(as_dataset(film_bytes(number)))
            except RuntimeError:  # the association ended just now
                return
            if answer.get("Status") == 0x0000:
                taken.append(number)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", ".".join("0000")], "must know who may send"),
        (["--send-to", "pacs"], "HOST:PORT:AET"),
        (["--host", "192.0.2.1"], "must know who may send"),
    ],
)
def test_a_wrong_setting_is_one_message(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tasks.screen.dicom", "--port", "0", *arguments],
        cwd=workspace(tmp_path), env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
