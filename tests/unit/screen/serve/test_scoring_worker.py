"""The worker scores each film once, sets aside what ends the program, and answers DICOM senders."""

import errno
import logging

import pytest

from tasks.screen.serve.film_queue import MAX_CLAIMS
from tests.films import jpeg
from tests.service_clients import AppClient, open_client


def test_a_film_that_ended_the_program_three_times_becomes_a_row(client: AppClient) -> None:
    image_id = client.send(jpeg(1)).json()["films"][0]["id"]
    for _ in range(MAX_CLAIMS):
        client.service.queue.claim()
        client.service.queue.release_claims()
    assert client.service.worker.score_one()
    row = client.get(f"/films/{image_id}").json()
    assert (row["state"], row["reason"]) == ("rejected", "unreadable")
    assert any("ended 3 times" in why for why in row["why"])


def test_a_film_whose_bytes_are_gone_becomes_a_row(client: AppClient) -> None:
    image_id = client.send(jpeg(1)).json()["films"][0]["id"]
    (client.service.queue.database.path.parent / "films" / image_id).unlink()
    assert client.service.worker.score_one()
    assert client.get(f"/films/{image_id}").json()["state"] == "rejected"


def test_an_engine_that_fails_on_one_film_goes_on(client: AppClient, monkeypatch, caplog) -> None:
    ids = [client.send(jpeg(seed)).json()["films"][0]["id"] for seed in (1, 2)]
    with monkeypatch.context() as patch:
        patch.setattr(client.service.worker._engine, "screen", lambda *_: 1 / 0)
        client.service.worker.score_one()
    client.service.worker.score_one()
    states = [client.get(f"/films/{image_id}").json()["state"] for image_id in ids]
    assert states == ["rejected", "scored"]
    assert "division by zero" in caplog.text


def test_the_thread_waits_for_room_on_the_disk(client: AppClient, monkeypatch, caplog) -> None:
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr("tasks.screen.serve.scoring_worker._AFTER_FAILURE_S", 0.05)
    image_id = client.send(jpeg(1)).json()["films"][0]["id"]
    worker, finish = client.service.worker, client.service.queue.finish
    n_tries = iter(range(10))

    def full_at_first(*answer: str) -> bool:
        if next(n_tries) < 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return finish(*answer)

    monkeypatch.setattr(client.service.queue, "finish", full_at_first)
    worker.start()
    while client.service.queue.n_waiting():
        assert worker._thread.is_alive()
    worker.stop(5)
    assert client.get(f"/films/{image_id}").json()["state"] == "scored"
    assert caplog.text.count("scoring waits") == 2


def test_a_film_by_dicom_is_answered_after_it_was_scored(tmp_path, network) -> None:
    answered = []
    with open_client(tmp_path, network, lambda *answer: answered.append(answer)) as client:
        data = jpeg(1)
        client.service.queue.add(data, "dicom-1.dcm", "dicom")
        client.send(jpeg(2))
        worker = client.service.worker
        assert not worker.answer_one()
        while worker.score_one():
            pass
        assert worker.answer_one()
        assert not worker.answer_one()
    ((film, screened, square, scored_at),) = answered
    assert (film, screened.status, square.image.shape) == (data, "scored", (64, 64))
    assert scored_at.tzinfo is not None


@pytest.mark.parametrize("n_failures", [2, 3])
def test_an_answer_is_tried_three_times(tmp_path, network, n_failures: int, caplog) -> None:
    tries = []

    def fail_at_first(*_: object) -> None:
        tries.append(1)
        if len(tries) <= n_failures:
            raise RuntimeError("the archive is full")

    with open_client(tmp_path, network, fail_at_first) as client:
        client.service.queue.add(jpeg(1), "dicom-1.dcm", "dicom")
        client.service.worker.score_one()
        while client.service.worker.answer_one():
            pass
        answer = client.service.queue.database.read("SELECT answer FROM films")[0][0]
    assert len(tries) == 3
    assert answer == ("given" if n_failures == 2 else "failed")
    assert "the archive is full" in caplog.text


def test_a_full_disk_never_makes_a_film_unreadable(client: AppClient, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    image_id = client.send(jpeg(seed=7)).json()["films"][0]["id"]
    with monkeypatch.context() as patch:
        patch.setattr(client.service.queue, "finish", full)
        for _ in range(MAX_CLAIMS + 1):
            with pytest.raises(OSError, match="No space"):
                client.service.worker.score_one()
            client.service.queue.release_claims()
    client.service.worker.score_one()
    assert client.get(f"/films/{image_id}").json()["state"] == "scored"
