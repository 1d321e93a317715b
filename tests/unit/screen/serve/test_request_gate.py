"""Nobody without a token, no foreign page and no other host gets in; all is written down."""

import html
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.films import jpeg
from tests.service_clients import TOKEN, AppClient

ROUTES = [
    ("GET", "/worklist"),
    ("POST", "/films"),
    ("GET", f"/films/{'0' * 64}"),
    ("GET", f"/films/{'0' * 64}/film.jpg"),
    ("POST", f"/films/{'0' * 64}/verdict"),
    ("GET", "/corrections.csv"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/api"),
    ("GET", "/nowhere"),
    ("HEAD", "/worklist"),
    ("OPTIONS", "/films"),
]


def audit(client: AppClient) -> list[dict[str, object]]:
    file = client.service.queue.database.path.parent / "audit.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
def test_no_route_answers_without_a_token(client: AppClient, header: str) -> None:
    for method, path in ROUTES:
        answer = client.ask(method, path, headers={"Authorization": header})
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/", "/health"])
def test_the_page_and_health_need_no_token(client: AppClient, path: str) -> None:
    answer = client.loop.run(client.http.get(path))
    assert answer.status_code in (200, 503)  # the worker does not run here


def test_a_browser_gets_the_page_at_the_worklist(client: AppClient) -> None:
    answer = client.get("/worklist", headers={"Accept": "text/html", "Authorization": ""})
    assert (answer.status_code, answer.headers["location"]) == (307, "/")


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "localhost.evil.example", "", "[::1", "10.0.0.1"),
        *("evil.example@localhost", "localhost:abc", "localhost:", "localhost/..", "localhost#x"),
    ],
)
def test_another_host_is_refused(client: AppClient, host: str) -> None:
    assert client.get("/worklist", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost", 202),
        ("http://evil.example", 403),
        ("null", 403),
        ("https://localhost", 403),
        ("http://localhost:81", 403),
    ],
)
def test_a_foreign_page_changes_nothing(client: AppClient, origin: str, status: int) -> None:
    headers = {"Origin": origin, "Content-Type": "image/jpeg"}
    answer = client.ask("POST", "/films", content=jpeg(1), headers=headers)
    assert answer.status_code == status


def test_every_answer_has_the_security_headers(client: AppClient) -> None:
    for answer in (
        client.get("/worklist"),
        client.get("/nowhere"),
        client.get("/"),
        client.get("/api"),
    ):
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_audit_log_says_who_did_what_with_which_film(client: AppClient) -> None:
    image_id = client.send(jpeg(1), "DOE^JANE.jpeg").json()["films"][0]["id"]
    client.get(f"/films/{image_id}")
    client.get("/worklist", headers={"Authorization": "Bearer wrong"})
    lines = audit(client)
    shown = [(line["who"], line["what"], line.get("film"), line["status"]) for line in lines]
    assert shown == [
        ("ward-3", "POST /films", image_id, 202),
        ("ward-3", "GET /films/{image_id}", image_id, 200),
        ("nobody", "a request refused with 401", None, 401),
    ]
    assert "DOE" not in json.dumps(lines)


def test_refusals_cannot_fill_the_audit_log(client: AppClient) -> None:
    for _ in range(100):
        client.get("/worklist", headers={"Authorization": ""})
    assert 1 <= len(audit(client)) <= 121  # a new minute may begin in between


def test_errors_have_one_form(client: AppClient) -> None:
    for method, path in (("GET", "/nowhere"), ("PUT", "/films"), ("GET", "/films/short")):
        answer: httpx.Response = client.ask(method, path)
        assert 400 <= answer.status_code < 500
        assert set(answer.json()["detail"]) == {"rule", "found", "where", "next_step"}


def test_the_api_page_names_every_route_and_loads_nothing(client: AppClient) -> None:
    page = client.get("/api").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in page
    assert "<script" not in page
    assert "https://" not in page
    assert "`" not in page.partition("<body>")[2]
    assert "description sha256" not in page


def test_the_api_page_can_be_copied_from(client: AppClient) -> None:
    page = html.unescape(client.get("/api", headers={"Host": "localhost:8123"}).text)
    assert '"http://localhost:8123/films?name=film.jpeg"' in page
    assert "This service runs with tokens" in page
    assert "the network's answer is right, is wrong" in page
    assert '"initials": "AB", "verdict": "poor_film"}' in page
    assert "<code>415</code> another Content-Type" in page
    hostile = client.get("/api", headers={"Host": "$(reboot)@localhost"}).text
    assert "reboot" not in hostile


def test_metrics_count_requests_and_films(client: AppClient) -> None:
    client.send_scored(jpeg(1))
    text = client.get("/metrics").text
    assert 'lungline_requests_total{method="POST",route="/films",status="202"} 1.0' in text
    assert "lungline_films_accepted_total 1.0" in text
    assert 'lungline_films_screened_total{status="scored"} 1.0' in text
    assert "lungline_films_waiting 0.0" in text


@pytest.mark.parametrize(
    ("content", "status"), [(b" " * 2**17, 413), (None, 411)], ids=["long", "chunked"]
)
def test_a_body_that_is_no_film_is_short(
    client: AppClient, content: bytes | None, status: int
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b" "

    body = chunks() if content is None else content
    answer = client.ask("POST", f"/films/{'0' * 64}/verdict", content=body)
    assert answer.status_code == status
    assert answer.headers["connection"] == "close"
