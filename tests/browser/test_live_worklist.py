"""The worklist of the service in a browser: token, new films, heat, sign-off by keys, errors."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.films import encode
from tests.interactive_page import CHROMIUM
from tests.live_worklist import LiveWorklist, live_worklist
from tests.service_clients import TOKEN
from tests.small_onnx import small_onnx

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")

HOSTILE = "<img src=x onerror=\"document.title='taken'\">.png"
BELOW_BANNER = """name => document.querySelector(name).getBoundingClientRect().top
    - document.getElementById("server-error").getBoundingClientRect().bottom"""
SOON = 15_000  # ms; the page asks every 5 s


def film(share: float) -> bytes:
    """A film whose right side is brighter: the small network calls it the more surely."""
    across = np.linspace(120 - 100 * share, 120 + 100 * share, 160)
    noise = np.random.default_rng(round(100 + share * 100)).normal(0, 4, (200, 160))
    return encode((across + noise).clip(0, 255).astype(np.uint8), "PNG")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_onnx(tmp_path_factory.mktemp("network"))


@pytest.fixture
def live(tmp_path: Path, network: Path) -> Iterator[LiveWorklist]:
    with live_worklist(tmp_path / "state", network) as live:
        for share, name in ((0.9, "high.png"), (0.6, HOSTILE), (-0.9, "low.png")):
            live.add(film(share), name)
        live.add(b"no film", "note.txt")
        yield live


@pytest.fixture
def page(browser: Browser, live: LiveWorklist) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda one: told.append(one.url) if is_foreign(one.url, live) else None)
    page.goto(live.address, wait_until="load")
    yield page
    assert told == []
    assert page.title() == "Worklist of small"
    context.close()


def is_foreign(url: str, live: LiveWorklist) -> bool:
    return not url.startswith((live.address, "data:", "blob:"))


def sign_in(page: Page, n_films: int = 4) -> None:
    page.fill("#token", TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("li.film-row")).to_have_count(n_films, timeout=SOON)


def paths_of(page: Page) -> list[str]:
    return page.eval_on_selector_all("[data-part='path']", "all => all.map(one => one.textContent)")


def test_the_page_asks_for_the_token_and_shows_the_films(page: Page) -> None:
    expect(page.locator("h1")).to_have_text("The films are not loaded yet", use_inner_text=True)
    expect(page.locator("#server-error")).to_have_text(re.compile("wants an access token"))
    page.fill("#token", "a wrong one of enough length 0123456789")
    page.keyboard.press("Enter")
    expect(page.locator("#token-form")).to_be_visible()
    sign_in(page)
    assert set(paths_of(page)) == {"high.png", HOSTILE, "low.png", "note.txt"}
    assert TOKEN not in page.url
    assert page.locator("h1").inner_text().startswith("4 files: ")
    assert page.locator("h1").inner_text().endswith(", 1 file that could not be scored")
    page.reload()  # the token lives as long as the tab
    expect(page.locator("li.film-row")).to_have_count(4, timeout=SOON)
    page.click("#forget-token")
    expect(page.locator("#token-form")).to_be_visible()
    assert paths_of(page) == []


def test_a_film_opens_with_picture_and_heat(page: Page) -> None:
    sign_in(page)
    page.locator("#network").scroll_into_view_if_needed()  # thumbnails are fetched near the view
    expect(page.locator(".row-thumb img")).to_have_count(3, timeout=SOON)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    heat = page.locator("details[open] img.heat:visible")
    expect(heat).to_have_attribute("src", re.compile("^data:image/png"), timeout=SOON)
    picture = page.locator("details[open] img.film-picture")
    assert picture.evaluate("one => one.naturalWidth") == 160
    assert picture.bounding_box() == heat.bounding_box()
    limit = page.locator("details[open] [data-part='limit'] >> nth=0").inner_text()
    assert float(limit) > 0
    page.select_option("#heat-class", "NORMAL")
    expect(heat).to_have_attribute("data-class", "NORMAL")
    expect(heat).to_have_attribute("src", re.compile("^data:image/png"), timeout=SOON)


def test_new_films_are_told_and_the_place_is_kept(page: Page, live: LiveWorklist) -> None:
    sign_in(page)
    page.locator("summary", has_text="low.png").click()
    row = page.locator("li.film-row:has(details[open])")
    expect(row.locator("img.heat:visible")).to_have_attribute(
        "src", re.compile("data:"), timeout=SOON
    )
    page.evaluate("scrollTo({top: scrollY + 10, behavior: 'instant'})")
    before = row.bounding_box()
    live.add(film(0.95), "new.png")
    expect(page.locator("#server-news")).to_contain_text("1 new film", timeout=SOON)
    after = row.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) <= 1
    assert "new.png" in paths_of(page)


def test_keys_sign_a_film_and_it_leaves_the_list(page: Page) -> None:
    sign_in(page)
    order = paths_of(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("details[open] #sign-off")).to_be_visible()
    page.keyboard.press("d")
    page.keyboard.type("AB")  # initials are wanted first
    called = page.locator("li.film-row >> nth=0").get_attribute("data-call")
    page.select_option("#sign-label", "NORMAL" if called == "PNEUMONIA" else "PNEUMONIA")
    page.fill("#sign-comment", "=clear lungs")
    page.keyboard.press("Enter")
    expect(page.locator("#server-news")).to_have_text(f"Signed: {order[0]}", timeout=SOON)
    assert paths_of(page) == order[1:]
    assert page.locator("details[open] [data-part='path']").inner_text() == order[1]
    expect(page.locator("details[open] #sign-off")).to_be_visible()
    page.keyboard.press("p")  # the initials are known now
    page.keyboard.press("Enter")
    expect(page.locator("#server-news")).to_have_text(f"Signed: {order[1]}", timeout=SOON)
    page.select_option("[data-filter='signed']", "yes")
    assert sorted(paths_of(page)) == sorted(order[:2])
    with page.expect_download() as download:
        page.click("#save-corrections")
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert {row["verdict"] for row in rows} == {"wrong_label", "poor_film"}
    page.locator("summary", has_text="Signed by AB: poor film").click()
    page.click("#sign-undo")
    expect(page.locator("#server-news")).to_contain_text("Taken back", timeout=SOON)
    assert len(paths_of(page)) == 1


def test_a_rejected_file_takes_only_poor_film(page: Page) -> None:
    sign_in(page)
    page.locator("summary", has_text="note.txt").click()
    expect(page.locator("details[open] #sign-off")).to_be_visible()
    assert page.is_disabled("[value='agree']")
    assert page.is_disabled("[value='wrong_label']")
    page.keyboard.press("a")
    assert not page.is_checked("[value='agree']")
    assert (
        page.inner_text("details[open] .no-picture") == "No picture: the file could not be scored."
    )


@pytest.mark.slow
def test_errors_of_the_server_are_shown_and_asked_again(page: Page) -> None:
    sign_in(page)

    def busy(route: Route) -> None:
        detail = {"rule": "too many ask", "found": "99 callers", "where": "", "next_step": "wait"}
        route.fulfill(status=503, headers={"Retry-After": "3"}, json={"detail": detail})

    page.route("**/worklist?after=*", busy)
    expect(page.locator("#server-error")).to_contain_text(
        "The server says: 99 callers. Too many ask. Wait. The list may be old.", timeout=SOON
    )
    page.unroute("**/worklist?after=*")
    expect(page.locator("#server-error")).to_be_hidden(timeout=2 * SOON)
    page.locator("summary", has_text="high.png").click()
    expect(page.locator("details[open] #sign-off")).to_be_visible()
    page.keyboard.press("a")
    page.fill("#sign-initials", "?!")
    page.click("#sign")  # the browser itself refuses these initials
    assert page.evaluate("document.querySelector('#sign-initials:invalid') !== null")
    page.fill("#sign-initials", "AB")
    page.fill("#sign-comment", "a mark of direction: \u200f")  # the server takes none
    page.click("#sign")
    expect(page.locator("#server-error")).to_contain_text("see /api.", timeout=SOON)


def test_films_are_sent_from_the_page(page: Page, live: LiveWorklist) -> None:
    sign_in(page)
    sent = {"name": "phone.png", "mimeType": "image/png", "buffer": film(0.7)}
    page.set_input_files("#add-films", files=[sent])
    expect(page.locator("#server-news")).to_have_text("1 file of 1 sent.", timeout=SOON)
    live.add(film(0.8), "other.png")  # scores both
    expect(page.locator("li.film-row")).to_have_count(6, timeout=SOON)
    assert "phone.png" in paths_of(page)


def test_a_refused_file_does_not_stop_the_others(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page)
    page.click("#list-help")
    sent = {"empty.png": b"", "phone.png": film(0.7), "large.png": bytes(5 * 2**20)}
    files: Any = [{"name": n, "mimeType": "image/png", "buffer": sent[n]} for n in sent]
    page.set_input_files("#add-films", files=files)
    expect(page.locator("#server-news")).to_have_text("1 file of 3 sent.", timeout=SOON)
    told = re.sub("[\u2068\u2069]", "", page.inner_text("#server-error")).splitlines()
    assert told[0] == "Not sent: 2 files of 3."
    assert told[1].startswith("empty.png: The file is empty (0 bytes).")
    assert told[2].startswith("large.png: A larger file. A file has at most 4 megabytes.")
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    assert page.evaluate(BELOW_BANNER, "#list-keys") >= 0
    assert page.evaluate(BELOW_BANNER, "li.film-row") >= 0
    page.keyboard.press("j")  # the row that takes the focus is clear of the banner, too
    assert page.evaluate(BELOW_BANNER, "li.film-row") >= 0


@pytest.mark.parametrize(
    ("scheme", "width_px"), [("light", 390), pytest.param("dark", 1280, marks=pytest.mark.slow)]
)
def test_axe_finds_nothing(
    browser: Browser, live: LiveWorklist, scheme: Any, width_px: int
) -> None:
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width_px, "height": 900}
    )
    page = context.new_page()
    page.goto(live.address)
    sign_in(page)
    page.locator("summary", has_text="high.png").click()
    expect(page.locator("details[open] #sign-off")).to_be_visible()
    page.keyboard.press("d")
    page.keyboard.press("Escape")
    page.locator("summary", has_text="high.png").click()
    expect(page.locator("img.heat:visible")).to_have_count(1, timeout=SOON)
    found = Axe().run(page).response["violations"]
    told = [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    context.close()
