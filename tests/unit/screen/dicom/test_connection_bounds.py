"""Senders that keep to the protocol, but not to its bounds, are cut off."""

import gc
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tasks.core.params.screening import DicomParams
from tasks.screen.dicom.dicom_packages import require_packages
from tasks.screen.dicom.film_intake import FilmIntake
from tasks.screen.dicom.film_receiver import FilmReceiver
from tasks.screen.serve.film_queue import FilmQueue
from tests.dicom_senders import LIMITS, film_bytes, modality, send


@pytest.fixture
def port(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    require_packages()
    limits: DicomParams = LIMITS.model_copy(update=getattr(request, "param", {}))
    queue = FilmQueue(tmp_path, max_waiting=100)
    receiver = FilmReceiver(FilmIntake(queue, show_identity=False), limits, "LUNGLINE")
    try:
        yield receiver.start("127.0.0.1", 0)
    finally:
        receiver.stop()


def unit(text: bytes, control: int) -> bytes:
    """A P-DATA unit with one fragment for the first context (PS3.8, 9.3.5 and annex E)."""
    fragment = struct.pack(">LBB", len(text) + 2, 1, control) + text
    return struct.pack(">BBL", 4, 0, len(fragment)) + fragment


def is_cut_off(association: Any, most_s: float) -> bool:
    end_s = time.monotonic() + most_s
    while time.monotonic() < end_s:
        if not association.is_established:
            return True
        time.sleep(0.02)
    return False


COMMAND_GOES_ON = 1  # of the control byte: a command, not its last fragment


def test_a_command_without_end_is_cut_off(port: int) -> None:
    with modality(port) as association:
        for _ in range(8):
            association.dul.socket.send(unit(bytes(60_000), COMMAND_GOES_ON))
        assert is_cut_off(association, 15)
    assert send(port, film_bytes()) == [0x0000]


@pytest.mark.parametrize("port", [{"timeout_s": 0.4}], indirect=True)
def test_an_object_that_comes_drop_by_drop_is_cut_off(port: int) -> None:
    start_s = time.monotonic()
    with modality(port) as association:
        while association.is_established and time.monotonic() < start_s + 20:
            association.dul.socket.send(unit(b"drop", COMMAND_GOES_ON))
            time.sleep(0.05)
        assert association.is_aborted
    assert 3 < time.monotonic() - start_s < 20  # ten times the longest silence are 4 s


@pytest.mark.parametrize("port", [{"timeout_s": 0.5}], indirect=True)
def test_a_silent_association_is_ended(port: int) -> None:
    with modality(port) as association:
        assert association.is_established
        assert is_cut_off(association, 15)


ABORT = b"\x07\x00\x00\x00\x00\x04" + bytes(4)  # an A-ABORT (PS3.8, 9.3.8)


@pytest.mark.parametrize("sent", [ABORT, b"GET / HTTP/1.1\r\n\r\n", b""])
def test_closed_connections_keep_no_modality_out(port: int, sent: bytes) -> None:
    for _ in range(12):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(sent)
    end_s = time.monotonic() + 3
    while time.monotonic() < end_s:
        with modality(port) as association:
            if association.is_established:
                return
        time.sleep(0.2)
    raise AssertionError("locked out")


def is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False


def test_silent_connections_of_one_address_leave_room(port: int) -> None:
    with ExitStack() as stack:
        connect = partial(socket.create_connection, ("127.0.0.1", port))
        silent = [stack.enter_context(connect()) for _ in range(12)]
        end_s = time.monotonic() + 10
        while len(silent) > 3 and time.monotonic() < end_s:
            silent = [one for one in silent if not is_closed(one)]
        assert len(silent) == 3  # of four
        time.sleep(0.5)  # the threads of those that were closed end
        other = stack.enter_context(connect(source_address=("127.0.0.2", 0)))
        time.sleep(0.5)
        assert not any(map(is_closed, [*silent, other]))


def n_open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_senders_that_close_first_leave_no_socket_open(port: int) -> None:
    with modality(port):  # what the first connection opens for good
        pass
    gc.collect()
    gc.disable()
    try:
        before, end_s = n_open_files(), time.monotonic() + 10
        for _ in range(30):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(ABORT)
        while n_open_files() > before and time.monotonic() < end_s:
            time.sleep(0.05)
        assert n_open_files() <= before
    finally:
        gc.enable()
