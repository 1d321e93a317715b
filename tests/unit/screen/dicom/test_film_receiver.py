"""The receiver, over real associations on loopback."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tasks.core.params.screening import DicomParams
from tasks.screen.dicom.dicom_packages import require_packages
from tasks.screen.dicom.film_intake import FilmIntake
from tasks.screen.dicom.film_receiver import FILM_CLASSES, FilmReceiver, readable_syntaxes
from tasks.screen.serve.film_queue import FilmQueue
from tests.dicom_senders import CR, ECHO, LIMITS, as_dataset, film_bytes, modality, send
from tests.dicoms import run_length


class Listening(NamedTuple):
    port: int
    queue: FilmQueue


def acceptors() -> list[threading.Thread]:
    """Threads of the associations with a receiver."""
    return [one for one in threading.enumerate() if "AcceptorThread" in one.name]


@pytest.fixture
def limits(request: pytest.FixtureRequest) -> DicomParams:
    return LIMITS.model_copy(update=getattr(request, "param", {}))


@pytest.fixture
def receiver(tmp_path: Path, limits: DicomParams) -> Iterator[Listening]:
    require_packages()
    queue = FilmQueue(tmp_path, max_waiting=100)
    listening = FilmReceiver(FilmIntake(queue, show_identity=False), limits, "LUNGLINE")
    try:
        yield Listening(listening.start("127.0.0.1", 0), queue)
    finally:
        listening.stop()


def test_it_answers_an_echo(receiver: Listening) -> None:
    with modality(receiver.port) as association:
        assert association.send_c_echo().Status == 0x0000


def test_twenty_films_of_three_modalities_at_once_are_all_in_the_queue(
    receiver: Listening,
) -> None:
    films = [film_bytes(number) for number in range(20)]
    statuses: list[int | None] = []
    senders = [
        threading.Thread(target=lambda part=part: statuses.extend(send(receiver.port, *part)))
        for part in (films[:7], films[7:14], films[14:])
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert statuses == [0x0000] * 20
    held = {
        receiver.queue.files.read(claimed.image_id) for claimed in iter(receiver.queue.claim, None)
    }
    assert {as_dataset(data).SOPInstanceUID for data in held} == {f"2.25.9{n}" for n in range(20)}


def test_the_same_film_sent_again_is_one_film_with_the_same_bytes(receiver: Listening) -> None:
    assert send(receiver.port, film_bytes(), film_bytes()) == [0x0000] * 2
    assert send(receiver.port, film_bytes(), title="OTHER") == [0x0000]
    assert receiver.queue.n_waiting() == 1


def test_compressed_and_deep_films_come_in_as_they_are(receiver: Listening) -> None:
    uids = {"StudyInstanceUID": "2.25.7", "SeriesInstanceUID": "2.25.8"}
    deep = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    films = [
        run_length(np.ones((80, 80), np.uint8), SOPInstanceUID="2.25.61", **uids),
        film_bytes(5, deep, BitsStored=12, PhotometricInterpretation="MONOCHROME1"),
    ]
    for film in films:
        assert send(receiver.port, film) == [0x0000]
        claimed = receiver.queue.claim()
        assert claimed is not None
        kept = as_dataset(receiver.queue.files.read(claimed.image_id))
        assert kept.PixelData == as_dataset(film).PixelData
        assert kept.file_meta.TransferSyntaxUID == as_dataset(film).file_meta.TransferSyntaxUID


def test_only_radiographs_are_negotiated(receiver: Listening) -> None:
    ct, mr = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
    with modality(receiver.port, classes=(*FILM_CLASSES, ECHO, ct, mr)) as association:
        taken = {str(context.abstract_syntax) for context in association.accepted_contexts}
    assert taken == {*FILM_CLASSES, ECHO}


def test_each_transfer_syntax_with_a_decoder_is_negotiated(receiver: Listening) -> None:
    for syntax in readable_syntaxes():
        with modality(receiver.port, syntax, classes=(CR,)) as association:
            assert [str(one.transfer_syntax[0]) for one in association.accepted_contexts] == [
                syntax
            ]


@pytest.mark.parametrize("limits", [{"callers": ["CRROOM"]}], indirect=True)
def test_only_named_callers_may_send(receiver: Listening) -> None:
    with modality(receiver.port, title="STRANGER") as association:
        assert not association.is_established
    assert send(receiver.port, film_bytes()) == [0x0000]


@pytest.mark.parametrize("limits", [{"max_megabytes": 1}], indirect=True)
def test_a_film_that_is_too_large_is_refused_and_the_next_is_taken(receiver: Listening) -> None:
    large = film_bytes(2, np.zeros((1600, 1600), np.uint8))
    assert send(receiver.port, large, film_bytes()) == [0xA700, 0x0000]
    assert receiver.queue.n_waiting() == 1


@pytest.mark.parametrize("limits", [{"max_associations": 1}], indirect=True)
def test_further_modalities_are_told_to_come_again(receiver: Listening) -> None:
    with modality(receiver.port) as first, modality(receiver.port) as second:
        assert first.is_established
        assert not second.is_established


@pytest.mark.parametrize("limits", [{"max_associations": 1, "timeout_s": 1.0}], indirect=True)
def test_silent_connections_are_closed_and_do_not_pile_up(receiver: Listening) -> None:
    silent = [socket.create_connection(("127.0.0.1", receiver.port)) for _ in range(12)]
    time.sleep(0.5)
    assert len(acceptors()) <= 3
    for one in silent:
        one.settimeout(20)
        assert one.recv(1) == b""
        one.close()
    for thread in acceptors():  # a place is free when the thread has ended, soon after the close
        thread.join(20)
    assert send(receiver.port, film_bytes()) == [0x0000]


@pytest.mark.parametrize("limits", [{"timeout_s": 0.5}], indirect=True)
@pytest.mark.parametrize(
    "sent",
    [
        b"\x01\x00\xff\xff\xff\xff",  # a request of 4 GB
        b"\x01\x00\x00\x00\x10\x00half of it",
        b"\x04\x00\x00\x00\x00\x02xx",  # data before any association
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_a_stranger_to_the_protocol_is_cut_off(receiver: Listening, sent: bytes) -> None:
    start_s = time.monotonic()
    with socket.create_connection(("127.0.0.1", receiver.port)) as stranger:
        stranger.sendall(sent)
        stranger.settimeout(20)
        while stranger.recv(4096):
            pass
    assert time.monotonic() - start_s < 15
    assert send(receiver.port, film_bytes()) == [0x0000]


def test_a_damaged_object_gets_its_status(receiver: Listening) -> None:
    film = as_dataset(film_bytes())
    del film.StudyInstanceUID
    other = as_dataset(film_bytes(Manufacturer="Lungline"))
    with modality(receiver.port) as association:
        assert association.send_c_store(film).Status == 0xC000
        assert association.send_c_store(other).Status == 0xA900
        assert association.send_c_store(as_dataset(film_bytes())).Status == 0x0000


def test_a_port_that_is_taken_is_an_error(receiver: Listening) -> None:
    second = FilmReceiver(FilmIntake(receiver.queue, show_identity=False), LIMITS, "SECOND")
    with pytest.raises(OSError, match="in use"):
        second.start("127.0.0.1", receiver.port)
