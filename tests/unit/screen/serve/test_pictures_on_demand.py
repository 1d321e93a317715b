"""Pictures are drawn a few at a time, and the last ones are kept."""

import pytest

from tasks.screen.serve.pictures_on_demand import MAX_AT_ONCE
from tests.films import jpeg
from tests.service_clients import AppClient


def test_who_waits_too_long_is_told_to_come_again(client: AppClient, monkeypatch) -> None:
    image_id = client.send_scored(jpeg(1))
    monkeypatch.setattr("tasks.screen.serve.pictures_on_demand.PATIENCE_S", 0.01)
    for _ in range(MAX_AT_ONCE):
        client.service.pictures._turns.acquire()
    answer = client.get(f"/films/{image_id}/film.jpg")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    client.service.pictures._turns.release()
    assert client.get(f"/films/{image_id}/film.jpg").status_code == 200


def test_a_picture_is_drawn_once(client: AppClient, monkeypatch: pytest.MonkeyPatch) -> None:
    image_id = client.send_scored(jpeg(1))
    first = client.get(f"/films/{image_id}/film.jpg").content
    monkeypatch.setattr(client.service.pictures, "_draw", lambda _: 1 / 0)
    assert client.get(f"/films/{image_id}/film.jpg").content == first


def test_a_film_that_waits_has_no_picture_yet(client: AppClient) -> None:
    image_id = client.send(jpeg(1)).json()["films"][0]["id"]
    assert client.get(f"/films/{image_id}/film.jpg").status_code == 404
