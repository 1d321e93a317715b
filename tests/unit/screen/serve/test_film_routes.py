"""Films come in, wait, are scored, listed and signed off; what is refused says why."""

import errno
import hashlib
import io
import zipfile

import pytest

from tasks.core.marks_files import MARK_PLACE, read_marks
from tests.films import jpeg, png
from tests.service_clients import AppClient, open_client
from tests.small_onnx import small_onnx


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_film_is_accepted_then_scored_then_listed(client: AppClient) -> None:
    data = jpeg(1)
    answer = client.send(data, "thorax.jpeg")
    image_id = hashlib.sha256(data).hexdigest()
    assert answer.status_code == 202
    assert answer.json() == {"films": [{"id": image_id, "name": "thorax.jpeg", "known": False}]}
    assert client.get("/worklist").json()["n_waiting"] == 1
    assert client.get(f"/films/{image_id}").json()["state"] == "waiting"
    assert client.service.worker.score_one()
    worklist = client.get("/worklist").json()
    assert (worklist["n_waiting"], worklist["more"], len(worklist["films"])) == (0, False, 1)
    row = worklist["films"][0]
    assert (row["id"], row["name"], row["state"], row["signed"]) == (
        image_id,
        "thorax.jpeg",
        "scored",
        None,
    )
    assert row["call"] in ("NORMAL", "PNEUMONIA")


def test_only_changed_films_are_listed_again(client: AppClient) -> None:
    client.send_scored(jpeg(1))
    version = client.get("/worklist").json()["version"]
    assert client.get(f"/worklist?after={version}").json()["films"] == []
    second = client.send_scored(jpeg(2))
    answer = client.get(f"/worklist?after={version}").json()
    assert [film["id"] for film in answer["films"]] == [second]
    assert answer["version"] > version


def test_what_is_no_film_becomes_a_row_with_a_reason(client: AppClient) -> None:
    image_id = client.send_scored(jpeg(1)[:500])
    row = client.get(f"/films/{image_id}").json()
    assert row["state"] == "rejected"
    assert row["reason"] == "truncated"
    assert row["next_step"]
    assert client.get(f"/films/{image_id}/thumbnail.jpg").status_code == 404


def test_a_zip_of_films_is_accepted_together(client: AppClient) -> None:
    files = {"a.png": png(1), "b.jpeg": jpeg(2)}
    answer = client.send(zip_of(files), "night", "application/zip")
    assert [film["name"] for film in answer.json()["films"]] == ["night/a.png", "night/b.jpeg"]
    assert client.service.queue.n_waiting() == 2


@pytest.mark.parametrize(
    ("body", "status", "found"),
    [
        (b"", 422, "0 bytes"),
        (b"no zip", 422, "a text file, not a zip"),
        (b"<html>log in</html>", 422, "a web page (HTML), not a zip"),
        (bytes(99), 422, "not a zip"),
        (jpeg(1), 422, "a JPEG picture, not a zip"),
        (zip_of({"a.png": png(1)})[:-30], 422, "cut off or damaged"),
        (zip_of({}), 422, "lists no file"),
        (zip_of({"a.zip": b"1"}), 422, "nothing but 1 archives"),
        (zip_of({f"{n}.png": bytes([n]) for n in range(21)}), 422, "21 files"),
        (zip_of({"../a.png": b"1"}), 422, "member"),
        (zip_of({"a.png": bytes(5 * 2**20)}), 413, "a larger file"),
    ],
)
def test_a_bad_zip_is_refused_whole(
    client: AppClient, body: bytes, status: int, found: str
) -> None:
    answer = client.send(body, "night", "application/zip")
    assert answer.status_code == status
    assert found in answer.json()["detail"]["found"]
    for word in ("ingest.source", "site", "download", "browser", "folder"):
        assert word not in answer.text  # of the programs that read a set of films
    assert client.service.queue.n_waiting() == 0


def test_a_zip_bomb_is_refused(client: AppClient) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(8 * 2**20))
    answer = client.send(buffer.getvalue(), "bomb", "application/zip")
    assert (answer.status_code, client.service.queue.n_waiting()) == (422, 0)


@pytest.mark.parametrize("kind", ["", "text/html", "multipart/form-data; boundary=x"])
def test_another_type_is_refused_by_its_name(client: AppClient, kind: str) -> None:
    answer = client.send(jpeg(1), kind=kind)
    assert answer.status_code == 415
    assert answer.json()["detail"]["found"] == (
        f"Content-Type: {kind}" if kind else "no Content-Type"
    )


def test_films_without_a_name_can_be_told_apart(client: AppClient) -> None:
    headers = {"Content-Type": "image/jpeg"}
    for seed in (1, 2):
        answer = client.ask("POST", "/films", content=jpeg(seed), headers=headers).json()
        name = f"film {hashlib.sha256(jpeg(seed)).hexdigest()[:8]}"
        assert answer["films"][0]["name"] == name
    headers = {"Content-Type": "application/zip"}
    body = zip_of({"a.png": png(1), "b.jpeg": jpeg(3)})
    answer = client.ask("POST", "/films", content=body, headers=headers).json()
    assert [film["name"] for film in answer["films"]] == ["a.png", "b.jpeg"]


def test_a_full_queue_answers_503_and_when_to_try_again(tmp_path, network) -> None:
    with open_client(tmp_path / "small", network, max_waiting=1) as small:
        assert small.send(jpeg(1)).status_code == 202
        answer = small.send(jpeg(2))
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        small.service.worker.score_one()
        assert small.send(jpeg(2)).status_code == 202


def test_a_full_disk_answers_507_and_keeps_nothing(
    client: AppClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/films/secret-place")

    monkeypatch.setattr("os.fsync", full)
    answer = client.send(jpeg(1))
    assert answer.status_code == 507
    assert "secret-place" not in answer.text
    assert client.service.queue.n_waiting() == 0


def test_a_verdict_is_shown_and_exported_for_ingest(client: AppClient, tmp_path) -> None:
    image_id = client.send_scored(jpeg(1), "=thorax.jpeg")
    call = client.get(f"/films/{image_id}").json()["call"]
    right = {"NORMAL": "PNEUMONIA", "PNEUMONIA": "NORMAL"}[call]
    given = {"initials": "ab", "verdict": "wrong_label", "label": right.lower(), "comment": "-1 ü"}
    answer = client.ask("POST", f"/films/{image_id}/verdict", json=given)
    assert answer.status_code == 200
    assert answer.json()["signed"].items() >= {**given, "label": right}.items()
    other = {"initials": "cd", "verdict": "agree"}
    assert client.ask("POST", f"/films/{image_id}/verdict", json=other).status_code == 200
    file = tmp_path / "corrections.csv"
    file.write_bytes(client.get("/corrections.csv").content)
    marks = read_marks(str(file)).drop(columns=MARK_PLACE)
    expected = {"image_id": image_id, "path": "=thorax.jpeg", "label_seen": call, "model": "small"}
    assert marks.to_dict("records") == [
        expected | given | {"label": right},
        expected | other | {"label": "", "comment": ""},
    ]


def test_the_last_verdict_of_the_same_initials_counts(client: AppClient) -> None:
    image_id = client.send_scored(jpeg(1))
    for verdict in ("agree", "poor_film"):
        body = {"initials": "ab", "verdict": verdict}
        client.ask("POST", f"/films/{image_id}/verdict", json=body)
    assert client.get(f"/films/{image_id}").json()["signed"]["verdict"] == "poor_film"
    assert client.get("/corrections.csv").text.count("\n") == 2
    taken = client.ask("DELETE", f"/films/{image_id}/verdict?initials=ab")
    assert (taken.status_code, taken.json()["signed"]) == (200, None)
    assert client.ask("DELETE", f"/films/{image_id}/verdict?initials=ab").status_code == 404


def test_the_last_verdict_counts_though_the_clock_was_set_back(client: AppClient) -> None:
    image_id = client.send_scored(jpeg(seed=5))
    url = f"/films/{image_id}/verdict"
    client.ask("POST", url, json={"initials": "ab", "verdict": "agree"})
    with client.service.queue.database.write() as write:
        write("UPDATE verdicts SET time = '2099-01-01T00:00:00.000Z'")
    answer = client.ask("POST", url, json={"initials": "cd", "verdict": "poor_film"})
    assert answer.json()["signed"]["initials"] == "cd"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"initials": "ab", "verdict": "fine"}, 422),
        ({"initials": "", "verdict": "agree"}, 422),
        ({"initials": "=cmd", "verdict": "agree"}, 422),
        ({"initials": "ab", "verdict": "agree", "comment": "two\nlines"}, 422),
        ({"initials": "ab", "verdict": "agree", "comment": "x" * 2000}, 422),
        ({"initials": "ab", "verdict": "agree", "label": "NORMAL"}, 422),
        ({"initials": "ab", "verdict": "wrong_label", "label": "TUMOUR"}, 422),
        ({"initials": "ab", "verdict": "wrong_label"}, 200),
    ],
)
def test_a_verdict_has_its_form(client: AppClient, given: dict[str, str], status: int) -> None:
    image_id = client.send_scored(jpeg(1))
    answer = client.ask("POST", f"/films/{image_id}/verdict", json=given)
    assert answer.status_code == status


def test_a_film_without_an_answer_is_not_signed_off(client: AppClient) -> None:
    waiting = client.send(jpeg(1)).json()["films"][0]["id"]
    agree = {"initials": "ab", "verdict": "agree"}
    assert client.ask("POST", f"/films/{waiting}/verdict", json=agree).status_code == 409
    rejected = client.send_scored(b"no film")
    url = f"/films/{rejected}/verdict"
    assert client.ask("POST", url, json=agree).status_code == 409
    poor = agree | {"verdict": "poor_film"}
    assert client.ask("POST", url, json=poor).status_code == 200


def test_pictures_and_heat_are_made_on_demand(client: AppClient) -> None:
    image_id = client.send_scored(jpeg(1))
    film = client.get(f"/films/{image_id}").json()
    assert film["heat_classes"] == [0, 1]
    assert film["heat_limit"] > 0
    for name, start in (
        ("thumbnail.jpg", b"\xff\xd8"),
        ("film.jpg", b"\xff\xd8"),
        ("heat/1.png", b"\x89PNG"),
    ):
        answer = client.get(f"/films/{image_id}/{name}")
        assert (answer.status_code, answer.content[: len(start)]) == (200, start)
        assert answer.headers["cache-control"] == "no-store"
    assert client.get(f"/films/{image_id}/heat/2.png").status_code == 404


def test_another_network_scores_films_that_come_again(tmp_path, network) -> None:
    with open_client(tmp_path / "state", network) as first:
        image_id = first.send_scored(jpeg(1))
        seal = first.service.queue.database.read("SELECT model_sha256 FROM results")[0][0]
    with open_client(tmp_path / "state", small_onnx(tmp_path, bias=3.0)) as second:
        assert second.get(f"/films/{image_id}").json()["state"] == "scored"
        assert second.send(jpeg(1)).json()["films"][0]["known"]
        assert second.service.worker.score_one()
        rows = second.service.queue.database.read("SELECT model_sha256 FROM results")
    assert len(rows) == 2
    assert seal in {row[0] for row in rows}
