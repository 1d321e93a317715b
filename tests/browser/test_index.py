"""The index in a real browser: sorting, choices, muting, pairs; with and without a script."""

import re
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.index_state import FOUR, write_index

CHROMIUM = shutil.which("chromium")
READY_MS = 2000
MOST_SHEETS = 12  # of paper

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_index(tmp_path_factory.mktemp("four")).as_uri()


@pytest.fixture(scope="module")
def three_classes(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("three")
    return write_index(root, FOUR[:1], has_negative=False).as_uri()


@pytest.fixture
def page(browser: Browser, index: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(index, wait_until="load")
    page.wait_for_selector("#pair-panels canvas")
    yield page
    page.close()


def names(page: Page) -> list[str]:
    rows = "#networks .option-view-finding tbody:first-of-type th"
    return page.eval_on_selector_all(rows, "cells => cells.map(cell => cell.dataset.value)")


def is_shown(page: Page, selector: str) -> bool:
    return page.locator(selector).first.is_visible()


def pixels(page: Page) -> list[str]:
    return page.eval_on_selector_all(
        "#pair-panels canvas", "all => all.map(canvas => canvas.toDataURL())"
    )


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_nothing_is_requested_or_complained_of_and_it_is_ready_in_time(
    browser: Browser, index: str, three_classes: str, scheme: str
) -> None:
    for address in (index, three_classes):
        page = browser.new_page(color_scheme=scheme)
        complaints: list[str] = []
        requests: list[str] = []
        page.on("console", lambda message, to=complaints: to.append(message.text))
        page.on("pageerror", lambda error, to=complaints: to.append(str(error)))
        page.on("request", lambda request, to=requests: to.append(request.url))
        page.goto(address, wait_until="load")
        ready_ms = page.evaluate("performance.timing.loadEventEnd - performance.timing.responseEnd")
        assert complaints == []
        assert [url for url in requests if url != address and not url.startswith("data:")] == []
        assert ready_ms < READY_MS
        page.close()


@pytest.mark.parametrize("width_px", [1280, 390])
def test_page_is_never_wider_than_the_window_and_axe_finds_nothing(
    browser: Browser, index: str, width_px: int
) -> None:
    page = browser.new_page(viewport={"width": width_px, "height": 900})
    page.goto(index, wait_until="load")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    found = Axe().run(page).response["violations"]
    page.close()
    assert [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found] == []


def test_a_heading_sorts_by_click_and_by_key_and_the_third_time_restores_the_order(
    page: Page,
) -> None:
    assert names(page) == list(FOUR)
    heading = page.locator("#networks .option-view-finding th", has_text="Lead")
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert names(page) == list(FOUR)  # the leads of the state fall in the order of the settings
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert names(page) == list(reversed(FOUR))
    page.keyboard.press("Space")
    assert heading.get_attribute("aria-sort") is None
    assert names(page) == list(FOUR)
    baselines = page.locator("#networks .option-view-finding tbody").nth(1).locator("tr")
    assert baselines.count() == 3


def test_one_heading_at_a_time_is_sorted(page: Page) -> None:
    page.locator("#networks th button").nth(0).click()
    page.locator("#networks th button").nth(1).click()
    assert page.locator("#networks [aria-sort]").count() == 1


def test_views_change_by_click_and_by_key(page: Page) -> None:
    assert is_shown(page, ".option-view-finding table")
    assert not is_shown(page, ".option-view-classes table")
    page.get_by_role("radio", name="Finding or not").focus()
    page.keyboard.press("ArrowRight")
    assert is_shown(page, ".option-view-classes table")
    assert not is_shown(page, ".option-view-finding table")
    page.get_by_role("radio", name="Validation films").check()
    assert is_shown(page, ".option-roc-roc-validation svg")
    assert not is_shown(page, ".option-roc-roc-test svg")


def test_a_network_fades_by_key_in_every_drawing(page: Page) -> None:
    line = page.locator(".option-roc-roc-test polyline.line-2")
    loss = page.locator(".option-training-training-eval-loss polyline.line-2")
    for one in (line, loss):
        assert one.evaluate("e => getComputedStyle(e).opacity") == "1"
    page.locator("#line-2").focus()
    page.keyboard.press("Space")
    for one in (line, loss):
        assert float(one.evaluate("e => getComputedStyle(e).opacity")) < 0.2
    styles = page.eval_on_selector_all(
        ".option-roc-roc-test polyline", "all => all.map(e => getComputedStyle(e).strokeDasharray)"
    )
    assert len(set(styles)) == len(FOUR)  # not colour alone


def test_any_pair_of_networks_is_drawn_on_one_film(page: Page) -> None:
    assert page.locator("#pair-panels h3").all_inner_texts() == list(FOUR[:2])
    before = pixels(page)
    assert before[0] != before[1]
    page.select_option("#pair-right", FOUR[3])
    assert page.locator("#pair-panels h3").all_inner_texts() == [FOUR[0], FOUR[3]]
    after = pixels(page)
    assert after[0] == before[0]
    assert after[1] != before[1]
    page.select_option("#pair-class", "NORMAL")
    assert pixels(page)[0] != after[0]
    assert "logits: for NORMAL" in page.locator(".colour-bar").first.inner_text()
    film = page.locator("#pair-film").input_value()
    link = page.locator("#pair-panels h3 a").first.get_attribute("href")
    assert link == f"{FOUR[0]}.html#film={film}"


def test_lime_shows_superpixels_beside_heat_for_both(page: Page) -> None:
    page.locator("#pair-film").focus()
    page.keyboard.press("ArrowDown")
    page.select_option("#pair-method", "lime")
    page.wait_for_function("document.querySelectorAll('#pair-panels canvas').length === 4")
    colours = page.evaluate(
        """[...document.querySelectorAll('#pair-panels canvas')].map(canvas => {
            const { width, height } = canvas;
            const all = canvas.getContext('2d').getImageData(0, 0, width, height).data;
            let lines = 0;
            for (let k = 0; k < all.length; k += 4) {
                const [red, green, blue] = all.slice(k, k + 3);
                const isRed = red > 210 && green < 90 && blue < 80;
                const isGreen = red < 60 && green > 170 && blue < 100;
                if (isRed || isGreen) lines += 1;
            }
            return lines;
        })"""
    )
    assert min(colours[0], colours[2]) > 50  # borders
    assert max(colours[1], colours[3]) == 0  # heat has no borders


def test_an_empty_map_is_said(page: Page) -> None:
    page.select_option("#pair-method", "lime")
    page.select_option(
        "#pair-class", page.locator("#pair-panels .call").first.inner_text()[6:].split(":")[0]
    )
    assert "The map is empty" in page.locator("#pair-panels figcaption").first.inner_text()


def test_a_method_that_failed_its_check_says_so(page: Page) -> None:
    options = page.locator("#pair-method option").all_inner_texts()
    assert options[-1] == "Grad-CAM++ (failed its sanity check)"


def test_page_is_complete_without_a_script(browser: Browser, index: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(index, wait_until="load")
    assert not is_shown(page, "#pair-viewer")
    assert page.locator("#pairs table tbody tr").count() == 4
    page.get_by_role("radio", name="Each class").check()
    assert is_shown(page, ".option-view-classes table")
    page.locator("#pairs summary").click()
    assert is_shown(page, "#pairs .pictured img")
    page.locator("#line-1").uncheck()
    faded = page.locator(".option-roc-roc-test polyline.line-1")
    assert float(faded.evaluate("e => getComputedStyle(e).opacity")) < 0.2
    context.close()


def test_squares_enlarge_by_click(page: Page) -> None:
    picture = page.locator("#seen .enlarge img")
    before = picture.bounding_box()
    page.locator("#seen .enlarge summary").click()
    after = picture.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > 1.5 * before["width"]


def test_print_is_short_and_shows_both_views(page: Page) -> None:
    page.emulate_media(media="print")
    assert is_shown(page, ".option-view-classes table")
    assert not is_shown(page, ".viewer-fields")
    n_sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert 3 <= n_sheets <= MOST_SHEETS
