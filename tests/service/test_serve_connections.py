"""Senders who are slow, lie about lengths or send too much hold nothing up."""

import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.films import jpeg
from tests.service_clients import AUTHORISED, JPEG, TOKEN, running_service

HEAD = f"POST /films HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
TYPED = f"{HEAD}Content-Type: image/jpeg\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory, network) -> Iterator[int]:
    from tests.service_clients import write_params

    folder = tmp_path_factory.mktemp("service")
    write_params(folder, max_megabytes=1, max_waiting=200, body_timeout_s=1.0)
    with running_service(folder, network) as (_, address):
        yield int(address.rpartition(":")[2])


def answer_to(port: int, parts: list[bytes], pause_s: float = 0.0, patience_s: float = 20) -> bytes:
    """What the service answers to bytes; b"" if it only closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience_s) as connection:
        try:
            for part in parts:
                connection.sendall(part)
                time.sleep(pause_s)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
        return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.slow
def test_a_slow_header_is_cut_off(port: int) -> None:
    start_s = time.monotonic()
    assert answer_to(port, [b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: "]) == b""
    assert 9 < time.monotonic() - start_s < 15


def test_a_slow_body_is_answered_408(port: int) -> None:
    head = f"{TYPED}Content-Length: 1000\r\n\r\n".encode()
    start_s = time.monotonic()
    assert status(answer_to(port, [head, *[b"x"] * 30], pause_s=0.1)) == 408
    assert time.monotonic() - start_s < 10


def test_a_slow_verdict_is_answered_408(port: int) -> None:
    lines = TYPED.replace("/films ", f"/films/{'0' * 64}/verdict ")
    start_s = time.monotonic()
    assert status(answer_to(port, [f"{lines}Content-Length: 100\r\n\r\n{{".encode()])) == 408
    assert time.monotonic() - start_s < 5


def test_a_body_shorter_than_it_says_is_answered_408(port: int) -> None:
    data = jpeg(1)
    head = f"{TYPED}Content-Length: {len(data) + 1}\r\n\r\n".encode()
    assert status(answer_to(port, [head + data])) == 408


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("Content-Length: -1", 400),
        ("Content-Length: many", 400),
        ("Content-Length: 5\r\nContent-Length: 6", 400),
        ("Content-Length: 5\r\nTransfer-Encoding: gzip", 400),
        ("Content-Length: 99999999999999999999999", 400),
        (f"X: {'x' * 300_000}", 400),
    ],
)
def test_a_wrong_header_is_answered_400(port: int, head: str, wanted: int) -> None:
    answer = answer_to(port, [f"{TYPED}{head}\r\n\r\n".encode(), b"12345"])
    assert answer == b"" or status(answer) == wanted


def test_a_large_body_is_answered_413_and_not_kept(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=AUTHORISED) as client:
        assert client.post("/films", content=bytes(2 * 2**20), headers=JPEG).status_code == 413

        def chunks() -> Iterator[bytes]:
            yield from [bytes(2**16)] * 40

        assert client.post("/films", content=chunks(), headers=JPEG).status_code == 413
        assert client.get("/health").json()["n_waiting"] == 0


def test_a_sender_who_goes_away_leaves_no_film(port: int) -> None:
    head = f"{TYPED}Content-Length: 1000\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head + b"x" * 500)
    health = httpx.get(f"http://127.0.0.1:{port}/health")
    assert health.json() == {"status": "ok", "n_waiting": 0}
