"""The service is killed twenty times under load: what it accepted is scored, each film once."""

import hashlib
import logging
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.films import jpeg
from tests.service_clients import (
    AUTHORISED,
    JPEG,
    address_of,
    running_service,
    start_service,
    wait_until_scored,
)

N_KILLS, N_SENDERS = 20, 3


class Senders:
    """Threads that send films, and knock without a token, until the service is gone."""

    def __init__(self) -> None:
        self.accepted: set[str] = set()
        self.let_in = 0
        self.statuses: Counter[int] = Counter()
        self._next_seed = iter(range(10**6))

    def run(self, address: str) -> list[threading.Thread]:
        """Start them."""
        targets = [self._send] * N_SENDERS + [self._knock]
        threads = [threading.Thread(target=target, args=(address,)) for target in targets]
        for thread in threads:
            thread.start()
        return threads

    def wait_for(self, n_films: int, process: "subprocess.Popen[str]") -> None:
        """Wait until so many films more are accepted."""
        wanted = len(self.accepted) + n_films
        while len(self.accepted) < wanted:
            assert process.poll() is None
            time.sleep(0.005)

    def _send(self, address: str) -> None:
        with httpx.Client(base_url=address, headers=AUTHORISED, timeout=10) as client:
            try:
                while True:
                    data = jpeg(next(self._next_seed))
                    answer = client.post("/films", content=data, headers=JPEG)
                    self.statuses[answer.status_code] += 1
                    if answer.status_code == 202:
                        self.accepted.add(hashlib.sha256(data).hexdigest())
            except httpx.TransportError:
                return

    def _knock(self, address: str) -> None:
        headers = {"Authorization": "Bearer a-token-that-somebody-guessed-1234"}
        with httpx.Client(base_url=address, headers=headers, timeout=10) as client:
            try:
                while True:
                    self.let_in += client.get("/worklist").status_code != 401
                    self.let_in += client.post("/films", content=b"x").status_code != 401
            except httpx.TransportError:
                return


@pytest.mark.slow
def test_no_accepted_film_is_lost_and_none_is_scored_twice(folder: Path, network: Path) -> None:
    source, senders = random.Random(0), Senders()
    for _ in range(N_KILLS):
        process = start_service(folder, network)
        threads = senders.run(address_of(process))
        senders.wait_for(source.randrange(1, 15), process)
        time.sleep(source.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for thread in threads:
            thread.join()
    with (
        running_service(folder, network) as (_, address),
        httpx.Client(base_url=address, headers=AUTHORISED) as client,
    ):
        wait_until_scored(client, patience_s=300)
    with closing(sqlite3.connect(folder / "data/screen/worklist.sqlite")) as database:
        results = [row[0] for row in database.execute("SELECT film FROM results")]
        (check,) = database.execute("PRAGMA integrity_check").fetchone()
    figures = f"{senders.statuses}, {len(results)} results, {N_KILLS} kills"
    logging.getLogger(__name__).info(figures)
    assert check == "ok"
    assert len(senders.accepted) > 50
    assert senders.accepted <= set(results)
    assert len(results) == len(set(results))
    assert senders.let_in == 0
