"""The worklist of the program: order, filters, keys, pictures, paper, phones, hostile names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tasks.core.network.screened_film import ScreenedFilm
from tasks.screen.worklist_page import render_worklist
from tests.interactive_page import CHROMIUM, complaints_of
from tests.worklist_films import HOSTILE_PATHS, drawn_pictures, facts, scored, ward_films

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")

FILMS = sorted(ward_films(), key=ScreenedFilm.urgency)
N_PICTURES = 6
MOST_S = 2.5  # of work until 5,000 films can be used


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("worklist") / "worklist.html"
    pictures = drawn_pictures(FILMS, N_PICTURES)
    file.write_text(render_worklist(FILMS, pictures, facts()), encoding="utf-8")
    return file


@pytest.fixture
def page(browser: Browser, written: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints = complaints_of(page)
    page.goto(written.as_uri(), wait_until="load")
    yield page
    assert complaints == []
    assert page.title() == "Worklist of minivggnet"  # no hostile name has run
    page.close()


def keys_of(page: Page) -> list[int]:
    """Numbers of the films that are shown, in order; the page numbers them by urgency."""
    return page.eval_on_selector_all("li.film-row", "rows => rows.map(r => Number(r.dataset.key))")


def numbers(wanted: Any) -> list[int]:
    return [number for number, film in enumerate(FILMS, 1) if wanted(film)]


def opened(page: Page) -> list[int]:
    return page.eval_on_selector_all(
        "li.film-row:has(details[open])", "rows => rows.map(r => Number(r.dataset.key))"
    )


def focused(page: Page) -> int:
    return int(page.evaluate("document.activeElement.closest('li.film-row').dataset.key"))


def test_films_stand_by_urgency(page: Page) -> None:
    assert keys_of(page) == list(range(1, len(FILMS) + 1))
    expect(page.locator("#list-count")).to_have_text("16 files shown.")


def test_a_row_shows_that_it_opens(page: Page) -> None:
    row = page.locator("li.film-row >> nth=0")
    told = "one => getComputedStyle(one, '::after').content"
    assert "Open" in row.locator("summary").evaluate(told)
    row.locator("summary").click()
    assert "Close" in row.locator("summary").evaluate(told)
    assert row.locator("summary", has_text="No heat map").count() == 0
    assert page.locator("summary", has_text="No heat map").count() == len(
        numbers(lambda film: film.status == "scored")[N_PICTURES:]
    )


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("group", "2", lambda film: film.group == 2),
        ("call", "NORMAL", lambda film: film.call == "NORMAL"),
        ("flags", "referred", lambda film: film.refer),
        ("flags", "rejected", lambda film: film.status == "rejected"),
        ("flags", "novel", lambda film: "novel" in film.refer_reasons),
    ],
)
def test_filters_keep_the_films_of_a_value(page: Page, name: str, value: str, wanted: Any) -> None:
    page.select_option(f"[data-filter='{name}']", value)
    assert keys_of(page) == numbers(wanted)
    expect(page.locator("#list-count")).to_have_text(f"{len(numbers(wanted))} of 16 files shown.")
    page.click("#list-clear")
    assert len(keys_of(page)) == len(FILMS)


def test_search_looks_at_path_and_hash(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("PERSON")
    assert keys_of(page) == numbers(lambda film: "person" in film.path)
    page.fill("#list-search", str(FILMS[4].sha256)[:10])
    assert keys_of(page) == [5]
    page.fill("#list-search", "no such film")
    expect(page.locator("#list-count")).to_contain_text("No row passes the filters.")
    assert page.locator("h2:visible").count() == 2  # empty groups are gone
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body")


@pytest.mark.parametrize(
    ("order", "number"),
    [
        ("finding", lambda film: -1.0 if film.prob_finding is None else film.prob_finding),
        ("novelty", lambda film: -1.0 if film.novelty is None else film.novelty),
    ],
)
def test_orders_by_number_put_the_highest_first(page: Page, order: str, number: Any) -> None:
    page.select_option("#list-order", order)
    shown = [number(FILMS[key - 1]) for key in keys_of(page)]
    assert shown == sorted(shown, reverse=True)
    assert not page.is_visible("#groups")
    page.select_option("#list-order", "urgency")
    assert keys_of(page) == list(range(1, len(FILMS) + 1))


def test_keys_walk_and_enter_opens_with_the_heat_over_the_film(page: Page) -> None:
    page.keyboard.press("j")
    assert focused(page) == 1
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    assert opened(page) == [2]
    film, heat = (
        page.locator("details[open] img.film-picture"),
        page.locator("details[open] img.heat >> visible=true"),
    )
    assert film.bounding_box() == heat.bounding_box()
    box = film.bounding_box() or {}
    assert box["height"] / box["width"] == pytest.approx(320 / 256, abs=0.005)  # no margin in it
    assert heat.get_attribute("data-class") == "PNEUMONIA"
    page.keyboard.press("j")  # the next film opens in its place
    assert (opened(page), focused(page)) == ([3], 3)
    page.keyboard.press("k")
    assert opened(page) == [2]
    page.keyboard.press("Escape")
    assert (opened(page), focused(page)) == ([], 2)
    page.keyboard.press("?")
    assert page.is_visible("#list-keys")
    page.uncheck("#list-keys-on")
    page.locator("body").press("j")
    assert page.evaluate("document.activeElement.closest('li.film-row')") is None


def test_strength_and_class_of_the_heat(page: Page) -> None:
    page.click("li.film-row >> nth=0")
    heat = page.locator("details[open] img.heat >> visible=true")
    assert heat.evaluate("one => getComputedStyle(one).opacity") == "0.6"
    page.fill("#heat-strength", "25")
    assert heat.evaluate("one => getComputedStyle(one).opacity") == "0.25"
    page.select_option("#heat-class", "NORMAL")
    assert heat.get_attribute("data-class") == "NORMAL"
    expect(page.locator("details[open] [data-part='heat_class']")).to_have_text("NORMAL")
    page.click("#film-next")
    assert opened(page) == [2]
    page.click("#film-close")
    assert opened(page) == []


def test_hostile_names_are_text(page: Page) -> None:
    shown = page.eval_on_selector_all(
        "[data-part='path']", "all => all.map(one => one.textContent)"
    )
    for path in HOSTILE_PATHS[:4]:
        assert path in shown
    assert r"a/film\u202egnp.exe \u200f.png" in shown
    assert r"a/line\nend\u2028and \x1b[2J.png" in shown
    assert r"a/lone\udc80byte.png" in shown
    assert page.locator("bdi *, .row-why *, main img[src='x']").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [1280, 390])
def test_axe_finds_nothing(browser: Browser, written: Path, scheme: Any, width_px: int) -> None:
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width_px, "height": 900}
    )
    page = context.new_page()
    page.goto(written.as_uri(), wait_until="load")
    page.add_style_tag(content=".film-row { content-visibility: visible !important }")
    page.keyboard.press("?")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    found = Axe().run(page).response["violations"]
    told = [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    context.close()


def test_the_page_is_complete_without_script(browser: Browser, written: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written.as_uri())
    assert page.locator("li.film-row").count() == len(FILMS)
    assert not page.is_visible("#list-tools")
    page.click("li.film-row summary >> nth=0")
    assert page.locator("li.film-row img.heat:visible").count() == 1
    assert not page.is_visible("#film-tools")
    context.close()


def test_rows_are_whole_on_paper(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.emulate_media(media="print")
    assert (
        page.locator("li.film-row >> nth=0").evaluate("row => getComputedStyle(row).breakInside")
        == "avoid"
    )
    for gone in ("#list-tools", "#film-tools", "details[open] .row-body"):
        assert not page.is_visible(gone)
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) <= 4
    assert paper.count(b"/Subtype /Image") >= 1  # thumbnails are loaded without being seen


@pytest.mark.slow
def test_5000_films_can_be_used_at_once(browser: Browser, tmp_path: Path) -> None:
    films = [scored(f"ward/{n:05}.jpeg", n % 1000 / 1000, novelty=n % 7) for n in range(5000)]
    file = tmp_path / "worklist.html"
    file.write_text(render_worklist(films, drawn_pictures(films, 200), facts()), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(file.as_uri(), wait_until="domcontentloaded")
    page.keyboard.press("j")
    assert focused(page) == 1
    used_s = process_seconds(page)
    assert 0.1 < used_s < MOST_S
    for words, n_shown in {"ward/04999": "1 of 5000", "no such": "0 of 5000", "": "5000"}.items():
        page.fill("#list-search", words)
        expect(page.locator("#list-count")).to_contain_text(f"{n_shown} films shown.")
    for order in ("path", "finding", "urgency"):
        page.select_option("#list-order", order)
        assert len(keys_of(page)) == len(films)
    assert process_seconds(page) - used_s < 2 * MOST_S
    page.close()


def process_seconds(page: Page) -> float:
    """Seconds of work of the process of a page: other work of the machine does not count."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "ProcessTime"))
