"""How fast the service takes films from another process, and how soon it answers."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from tests.films import jpeg
from tests.service_clients import AUTHORISED, JPEG, running_service, wait_until_scored

N_FILMS, N_SENDERS = 200, 4
MAX_ACCEPT_S = 5.0  # at p99, on a busy machine


@pytest.mark.slow
def test_films_are_accepted_and_scored_under_load(folder, network) -> None:
    films = [jpeg(seed, 1024, 900) for seed in range(N_FILMS)]
    sent_s: dict[str, float] = {}
    taken_s: list[float] = []

    def send(data: bytes) -> None:
        start_s = time.perf_counter()
        answer = client.post("/films", content=data, headers=JPEG)
        taken_s.append(time.perf_counter() - start_s)
        sent_s[answer.json()["films"][0]["id"]] = start_s

    def watch() -> dict[str, float]:
        seen_s, version = {}, 0  # the film that came first is seen too
        while len(seen_s) <= N_FILMS and time.perf_counter() - begin_s < 300:
            answer = client.get(f"/worklist?after={version}").json()
            version = answer["version"]
            seen_s |= dict.fromkeys((film["id"] for film in answer["films"]), time.perf_counter())
            time.sleep(0.02)
        return seen_s

    with (
        running_service(folder, network) as (_, address),
        httpx.Client(base_url=address, headers=AUTHORISED, timeout=60) as client,
        ThreadPoolExecutor(N_SENDERS + 1) as threads,
    ):
        client.post("/films", content=jpeg(10**6), headers=JPEG)
        wait_until_scored(client)
        begin_s = time.perf_counter()
        watching = threads.submit(watch)
        list(threads.map(send, films))
        rate = N_FILMS / (time.perf_counter() - begin_s)
        seen_s = watching.result()
    results_s = [seen_s[film] - sent_s[film] for film in sent_s]
    accepted_ms = [round(1000 * value) for value in np.quantile(taken_s, (0.5, 0.99))]
    scored_ms = [round(1000 * value) for value in np.quantile(results_s, (0.5, 0.99))]
    figures = f"{rate:.0f} films/s; p50, p99 in ms: accepted {accepted_ms}, scored {scored_ms}"
    logging.getLogger(__name__).info(figures)
    assert len(results_s) == N_FILMS
    assert np.quantile(taken_s, 0.99) < MAX_ACCEPT_S
