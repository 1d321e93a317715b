"""A thousand hostile uploads: the service answers each with a reason, and goes on."""

import contextlib
import logging
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.films import jpeg
from tests.hostile_uploads import hostile_upload, large_body
from tests.service_clients import AUTHORISED, JPEG, TOKEN, running_service, wait_until_scored

N_UPLOADS, N_SLOW = 1000, 40
MAX_GROWTH_MB = 250  # of memory; four uploads of 8 MB and two drawn films may be there at once


def memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def slow_sender(port: int) -> None:
    """Send a header, then a byte a second, until the service ends it."""
    head = f"POST /films HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    head += "Content-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n"
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode())
        for _ in range(30):
            time.sleep(1)
            connection.sendall(b"x")


@pytest.mark.slow
def test_a_thousand_hostile_uploads_do_no_harm(folder, network) -> None:
    statuses: Counter[int] = Counter()

    def send(number: int) -> None:
        kind, body = hostile_upload(number)
        headers = {"Content-Type": kind.encode()} if kind else {}
        try:
            statuses[client.post("/films", content=body, headers=headers).status_code] += 1
        except httpx.TransportError:  # the service closed the connection within the body
            statuses[0] += 1

    with (
        running_service(folder, network) as (process, address),
        httpx.Client(base_url=address, headers=AUTHORISED, timeout=60) as client,
        ThreadPoolExecutor(N_SLOW + 8) as threads,
    ):
        client.post("/films", content=jpeg(0), headers=JPEG)
        wait_until_scored(client)
        before_mb = memory_mb(process.pid)
        port = int(address.rpartition(":")[2])
        slow = [threads.submit(slow_sender, port) for _ in range(N_SLOW)]
        sent = [threads.submit(send, number) for number in range(N_UPLOADS)]
        for one in sent:
            one.result()
        for _ in range(3):
            with contextlib.suppress(httpx.TransportError):
                answer = client.post("/films", content=large_body(200), headers=JPEG)
                statuses[answer.status_code] += 1
        for one in slow:
            one.result()
        wait_until_scored(client, patience_s=300)
        growth_mb = memory_mb(process.pid) - before_mb
        good = client.post("/films", content=jpeg(500), headers=JPEG)
        wait_until_scored(client)
        state = client.get(f"/films/{good.json()['films'][0]['id']}").json()["state"]
        health = client.get("/health")
    figures = f"{dict(statuses)}, memory {before_mb:.0f} MB, growth {growth_mb:.0f} MB"
    logging.getLogger(__name__).info(figures)
    assert {status for status in statuses if status >= 500} <= {503}
    assert statuses[413] > 0
    assert statuses[422] > 0
    assert (health.status_code, state) == (200, "scored")
    assert growth_mb < MAX_GROWTH_MB
