"""The pages in a real browser: complete, no requests, not wider than the window."""

import itertools
import shutil
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tasks.page.__main__ import main as make_page
from tasks.report.__main__ import main as make_index
from tasks.report.compliance.__main__ import main as make_compliance
from tests.report_inputs import MODEL, write_state

CHROMIUM = shutil.which("chromium")
PAGES = ("index.html", f"{MODEL}.html", "compliance/index.html")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("reports")
    write_state(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        make_page(Namespace(model=MODEL))
        make_index(Namespace())
        make_compliance(Namespace())
    return root / "reports"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_loads_nothing_but_itself(page: Page, reports: Path, name: str) -> None:
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    address = (reports / name).as_uri()

    page.goto(address, wait_until="load")

    assert complaints == []
    assert address in requests
    assert [url for url in requests if url != address and not url.startswith("data:")] == []


def test_every_picture_is_decoded(page: Page, reports: Path) -> None:
    page.goto((reports / f"{MODEL}.html").as_uri(), wait_until="load")
    widths = page.evaluate(
        """async () => {
            document.querySelectorAll("details").forEach((part) => { part.open = true; });
            const pictures = [...document.querySelectorAll("img[src]")];
            pictures.forEach((picture) => { picture.loading = "eager"; });
            await Promise.all(pictures.map((picture) => picture.decode()));
            return pictures.map((picture) => picture.naturalWidth);
        }"""
    )
    assert len(widths) > 164  # a film for each row, the heat of the cases, the contact sheet
    assert min(widths) > 0


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width_px", [1280, 390])
def test_page_is_never_wider_than_the_window(
    page: Page, reports: Path, name: str, width_px: int
) -> None:
    page.set_viewport_size({"width": width_px, "height": 900})
    page.goto((reports / name).as_uri(), wait_until="load")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px


def test_every_column_of_the_tables_is_within_reach_on_a_phone(page: Page, reports: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto((reports / f"{MODEL}.html").as_uri(), wait_until="load")
    frames = page.eval_on_selector_all(
        ".scroll:has(table.data)",
        """frames => frames.map(frame => {
            frame.scrollLeft = frame.scrollWidth;
            const place = frame.getBoundingClientRect();
            const name = frame.querySelector('tbody th').getBoundingClientRect();
            const last = frame.querySelector('tbody tr').lastElementChild.getBoundingClientRect();
            return [last.right - place.right, name.left - place.left, last.left - name.right];
        })""",
    )
    assert len(frames) > 15
    for beyond_px, name_px, apart_px in frames:
        assert beyond_px <= 1  # the last column is whole
        assert abs(name_px) <= 1  # the name of the row is still there
        assert apart_px >= -1  # and does not cover the last column


@pytest.mark.parametrize("name", PAGES)
def test_headings_descend_one_level_at_a_time(page: Page, reports: Path, name: str) -> None:
    page.goto((reports / name).as_uri(), wait_until="load")
    levels = page.eval_on_selector_all(
        "h1, h2, h3, h4, h5, h6", "headings => headings.map(h => Number(h.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_text_has_enough_contrast_in_light_and_dark(
    browser: Browser, reports: Path, name: str, scheme: str
) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto((reports / name).as_uri(), wait_until="load")
    ink = page.evaluate("getComputedStyle(document.body).color")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.close()
    assert contrast(ink, paper) > 7  # WCAG 2.2, 1.4.6


@pytest.mark.parametrize(
    ("width_px", "scheme"), [(1280, "light"), pytest.param(390, "dark", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_whole_pages(
    browser: Browser, reports: Path, name: str, width_px: int, scheme: Any
) -> None:
    size: Any = {"width": width_px, "height": 900}
    # the policy of the page forbids the script of axe
    context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto((reports / name).as_uri(), wait_until="load")
    found = Axe().run(page).response["violations"]
    context.close()
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []


def test_links_within_a_page_have_a_target(page: Page, reports: Path) -> None:
    for name in PAGES:
        page.goto((reports / name).as_uri(), wait_until="load")
        dead = page.eval_on_selector_all(
            "a[href^='#']:not([href^='#film='])",  # the script of the films reads that address
            """links => links.map(link => link.hash.slice(1))
                .filter(name => !document.getElementById(name))""",
        )
        assert dead == []


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, `rgb(r, g, b)`; WCAG 2.2, relative luminance."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    shares = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
