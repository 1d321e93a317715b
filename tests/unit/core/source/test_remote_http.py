"""A web server gives a zip in parts; one that ignores ranges or sends without end is refused."""

import gzip
import io
import re
import threading
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from tasks.core.errors import SourceError
from tasks.core.source.source import open_source
from tests.unit.core.source.remote_files import read_all, refusal, zip_bytes

MIB = 2**20
FILMS = {f"NORMAL/{number}.jpeg": bytes([number]) * 1000 for number in range(9)}


class Server(BaseHTTPRequestHandler):
    """Serves `body` under any path."""

    body: ClassVar[bytes] = b""
    way: ClassVar[str] = "ranges"  # or: whole, endless, gzip, no size, forbidden
    n_sent: ClassVar[int] = 0

    def do_HEAD(self) -> None:
        if self.way == "forbidden":
            self.send_error(403)
            return
        self.send_response(200)
        if self.way == "gzip":
            self.send_header("Content-Encoding", "gzip")
        if self.way != "no size":
            self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()

    def do_GET(self) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if self.way == "ranges" and asked:
            part = self.body[int(asked[1]) : int(asked[2]) + 1]
            self.send_response(206)
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)
        elif self.way == "endless":
            self.send_response(206)
            self.end_headers()
            self._send_endlessly()
        else:
            self.do_HEAD()
            self.wfile.write(self.body)

    def _send_endlessly(self) -> None:
        try:
            for _ in range(600):
                self.wfile.write(bytes(MIB))
                Server.n_sent += MIB
        except OSError:
            pass  # the reader has hung up

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(body: bytes, way: str) -> Iterator[str]:
    Server.body, Server.way, Server.n_sent = body, way, 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/films.zip"
        server.shutdown()


def test_a_zip_of_a_web_server_is_read_in_parts() -> None:
    with serving(zip_bytes(FILMS), "ranges") as location:
        assert read_all(location) == FILMS


@pytest.mark.parametrize("way", ["gzip", "no size"])
def test_a_server_that_gives_no_parts_is_refused(way: str) -> None:
    body = gzip.compress(bytes(300 * MIB)) if way == "gzip" else zip_bytes(FILMS)
    with serving(body, way) as location:
        tracemalloc.start()
        error = refusal(location)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert "readable in parts" in error.rule
    assert "download the zip" in error.next_step
    assert peak_bytes < 30 * MIB


def test_a_server_that_sends_without_end_is_left_soon() -> None:
    with serving(zip_bytes(FILMS), "endless") as location:
        error = refusal(location)
    assert "range requests" in error.found
    assert "download the zip" in error.next_step
    assert Server.n_sent < 60 * MIB  # what fits into the buffers of the sockets


def test_a_server_that_ignores_ranges_is_refused_in_bounded_memory() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("a.jpeg", bytes(40 * MIB))
    with serving(buffer.getvalue(), "whole") as location:
        tracemalloc.start()
        error = refusal(location)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert "range requests" in error.found
    assert peak_bytes < 30 * MIB


def test_the_answer_of_the_server_is_in_the_message() -> None:
    with serving(b"", "forbidden") as location:
        assert "403" in refusal(location).found


def test_a_web_page_is_no_zip() -> None:
    with serving(b"<!DOCTYPE html><title>Log in</title>", "ranges") as location:
        assert "log-in page" in refusal(location).found


def test_a_password_never_leaves_the_message() -> None:
    with (
        serving(zip_bytes(FILMS), "ranges") as location,
        pytest.raises(SourceError, match="password, token or signature") as caught,
        open_source(location.replace("//", "//me:hunter2@")),
    ):
        pass
    assert "hunter2" not in str(caught.value)
