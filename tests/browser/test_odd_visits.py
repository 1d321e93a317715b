"""Two tabs with one page, and names of classes that are longer than a phone is wide."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsed_cases import write_case_page
from tests.interactive_page import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_case_page(tmp_path_factory.mktemp("odd"))[0].as_uri()


@pytest.fixture
def visit() -> Iterator[BrowserContext]:
    with chromium() as browser:
        yield browser.new_context(viewport={"width": 390, "height": 800})


def opened(visit: BrowserContext, address: str) -> Page:
    page = visit.new_page()
    page.goto(address, wait_until="load")
    page.wait_for_selector("#film-canvas[data-film]")
    return page


def test_two_tabs_keep_the_marks_of_both(visit: BrowserContext, address: str) -> None:
    one, other = opened(visit, address), opened(visit, address)
    one.click("[data-verdict='agree']")
    expect(other.locator("#marks-count")).to_have_text("1 mark. Not exported yet.")
    assert other.get_attribute("[data-verdict='agree']", "aria-pressed") == "true"
    other.click("#film-next")
    other.click("[data-verdict='poor_film']")
    for tab in (one, other, opened(visit, address)):
        expect(tab.locator("#marks-count")).to_have_text("2 marks. Not exported yet.")


@pytest.mark.parametrize("place", [".move-line label", "#heat-low", "#heat-high"])
def test_a_long_name_does_not_widen_the_page(
    visit: BrowserContext, address: str, place: str
) -> None:
    page = opened(visit, address)
    page.eval_on_selector(
        place,
        """part => {
            part.closest("fieldset")?.removeAttribute("hidden");
            part.prepend("X".repeat(300));
        }""",
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 390
