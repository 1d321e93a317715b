"""A damaged row is a row that says so; a damaged database is told, and ends nothing."""

import sqlite3
import time
from pathlib import Path

import pytest

from tests.films import jpeg
from tests.service_clients import AppClient, open_client

PARTS = {"rule", "found", "where", "next_step"}


def damage_row(client: AppClient, image_id: str, text: str) -> None:
    with client.service.queue.database.write() as write:
        write("UPDATE results SET screened = ? WHERE film = ?", (text, image_id))


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, '{"path": 1}'])
def test_a_damaged_row_says_so_and_the_others_stay(client: AppClient, text: str, caplog) -> None:
    damaged, whole = (client.send_scored(jpeg(seed)) for seed in (1, 2))
    damage_row(client, damaged, text)
    films = {film["id"]: film for film in client.get("/worklist").json()["films"]}
    assert (films[whole]["state"], films[damaged]["state"]) == ("scored", "rejected")
    assert any("damaged" in why for why in films[damaged]["why"])
    assert films[damaged]["next_step"].startswith("Open the film")
    assert client.get(f"/films/{damaged}").status_code == 200
    verdict = {"initials": "AB", "verdict": "agree"}
    assert client.ask("POST", f"/films/{damaged}/verdict", json=verdict).status_code == 409
    assert damaged in caplog.text


def damage_pages(folder: Path) -> None:
    """Overwrite all pages but the first, which holds the names of the tables."""
    file = folder / "worklist.sqlite"
    with sqlite3.connect(file) as connection:
        (page,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(page)
        opened.write(b"\xff" * (size - page))


def test_a_damaged_database_is_told_and_the_thread_goes_on(
    tmp_path: Path, network: Path, monkeypatch, caplog
) -> None:
    monkeypatch.setattr("tasks.screen.serve.scoring_worker._AFTER_FAILURE_S", 0.02)
    with open_client(tmp_path, network) as client:
        image_id = client.send_scored(jpeg(1))
    damage_pages(tmp_path)
    with open_client(tmp_path, network) as client:
        worker = client.service.worker
        worker.start()
        for path in ("/worklist", f"/films/{image_id}", "/corrections.csv"):
            answer = client.get(path)
            assert answer.status_code == 500, path
            assert set(answer.json()["detail"]) == PARTS
            assert str(tmp_path) not in answer.text
        end_s = time.monotonic() + 10
        while caplog.text.count("scoring waits: DatabaseError") < 2 and time.monotonic() < end_s:
            time.sleep(0.02)
        assert worker._thread.is_alive()
        answer = client.get("/health")
        assert (answer.status_code, answer.json()["status"]) == (503, "failing")
        worker.stop(5)
    assert caplog.text.count("scoring waits: DatabaseError") >= 2


@pytest.mark.parametrize("body", [b'{"initials": "\xff"}', b"[" * 50_000], ids=["bytes", "deep"])
def test_a_verdict_that_is_no_text_is_refused_in_its_words(client: AppClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    path = f"/films/{'0' * 64}/verdict"
    answer = client.ask("POST", path, content=body, headers=headers)
    assert answer.status_code == 400
    assert "JSON text in UTF-8" in answer.json()["detail"]["rule"]


def test_health_fails_after_a_page_could_not_be_read(client: AppClient) -> None:
    client.service.worker.start()
    assert client.get("/health").status_code == 200
    client.service.queue.database.is_damaged = True
    assert client.get("/health").status_code == 503
    client.service.worker.stop(5)
