"""What every page has: axe, links, contents, print, phones, provenance, without a script too.

`PAGES` is the list of pages; a new page needs its name there and a line in `write_pages`.
"""

import re
import shutil
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tasks.core import paths
from tasks.core.atomic import write_text
from tasks.core.html.site_links import site_links
from tasks.core.html.templating import render_template
from tasks.core.image_store.builder import write_store
from tasks.core.provenance import collect_provenance
from tasks.core.stale_pages import mark_pages
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, SAMPLES_SCHEMA, write_table
from tasks.evaluate.labels.__main__ import main as audit_labels
from tasks.validate.__main__ import main as validate
from tests.cohorts import draw_squares, squares_cohort, store_films
from tests.films import ROOT
from tests.stages.test_validate import manifest_of

CHROMIUM = shutil.which("chromium")
PAGES = ("validation.html", "labels.html", "index.html", "gone.html")
SIZES = [
    (1280, "light"),
    (390, "dark"),
    pytest.param(1280, "dark", marks=pytest.mark.slow),
    pytest.param(390, "light", marks=pytest.mark.slow),
]
MOST_SHEETS = 12  # of A4

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH"),
    # Great Expectations imports a module that Python has deprecated
    pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"),
]


def write_pages(root: Path) -> None:
    """Write every page of `PAGES` below `root`, the current folder."""
    (root / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    (root / "dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
    manifest = manifest_of(60)
    manifest.loc[:5, "patient_id"] = None
    manifest.loc[manifest["label"] == "NORMAL", "width"] += 64  # the size gives the class away
    write_table(manifest, MANIFEST_SCHEMA, paths.MANIFEST)
    write_table(pd.DataFrame(columns=PAIRS_SCHEMA.names), PAIRS_SCHEMA, paths.PAIRS)
    write_store(paths.THUMBNAILS, list(manifest["image_id"]), 64, [90] * len(manifest))
    validate(Namespace())
    cohort = squares_cohort({"train": 30, "val": 8, "test": 12})
    write_table(cohort, SAMPLES_SCHEMA, paths.SAMPLES)
    store_films(paths.IMAGES, cohort, draw_squares(cohort, 32))
    audit_labels(Namespace())
    context = {
        "site": site_links(paths.INDEX, ["ann", "cnn4"]),
        "provenance": collect_provenance("report", [paths.MANIFEST], ["evaluate"]),
    }
    every_part = render_template(Path(__file__).parent, "every_part.html.j2", context)
    write_text(paths.page("gone"), every_part)
    mark_pages("report")  # no stage writes this page
    write_text(paths.INDEX, every_part)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        write_pages(root)
    return root / "reports"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def opened(context: BrowserContext, file: Path) -> Page:
    page = context.new_page()
    page.goto(file.as_uri(), wait_until="load")
    return page


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width_px", "scheme"), SIZES)
def test_axe_finds_nothing(
    browser: Browser, reports: Path, name: str, width_px: int, scheme: Any
) -> None:
    size: Any = {"width": width_px, "height": 900}
    # The policy of the page forbids the script of axe
    context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    page = opened(context, reports / name)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    found = Axe().run(page).response["violations"]
    told = [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found]
    width = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert told == []
    assert width <= width_px


@pytest.mark.parametrize("name", PAGES)
def test_no_request_and_no_message(context: BrowserContext, reports: Path, name: str) -> None:
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: told.append(request.url))
    page.goto((reports / name).as_uri(), wait_until="load")
    assert [
        text for text in told if not text.startswith(("data:", (reports / name).as_uri()))
    ] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_tab_key_goes_down_the_page(context: BrowserContext, reports: Path, name: str) -> None:
    page = opened(context, reports / name)
    places = []
    for _ in range(25):
        page.keyboard.press("Tab")
        places.append(
            page.evaluate(
                """() => { const all = [...document.querySelectorAll('*')];
                const one = document.activeElement;
                return [all.indexOf(one), one.innerText || one.ariaLabel]; }"""
            )
        )
    assert places[0][1] == "Skip to the content"
    assert places[1][1] == "All networks"
    order = [number for number, _ in places if number > 5]  # behind the last comes the window
    turn = order.index(max(order)) + 1
    assert order[:turn] == sorted(order[:turn])


@pytest.mark.parametrize("name", PAGES)
def test_paper_is_little_and_coloured(context: BrowserContext, reports: Path, name: str) -> None:
    page = opened(context, reports / name)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).printColorAdjust") == "exact"
    assert not page.is_visible("nav.site")
    closed = page.eval_on_selector_all(
        "main details:not(.on-screen):not(.numbers) > :not(summary)",
        "parts => parts.filter(p => !p.checkVisibility({contentVisibilityAuto: true})).length",
    )
    assert closed == 0
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))
    assert 1 <= sheets <= MOST_SHEETS


@pytest.mark.parametrize("name", PAGES)
def test_names_of_rows_stay_on_a_phone(context: BrowserContext, reports: Path, name: str) -> None:
    page = opened(context, reports / name)
    page.set_viewport_size({"width": 390, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    frames = page.eval_on_selector_all(
        ".scroll:has(tbody th[scope=row])",
        """frames => frames.map(frame => {
            frame.scrollLeft = frame.scrollWidth;
            const place = frame.getBoundingClientRect();
            const row = frame.querySelector('tbody th[scope=row]').getBoundingClientRect();
            const cells = frame.querySelector('tbody tr:has(> th[scope=row])').children;
            const last = cells[cells.length - 1].getBoundingClientRect();
            const share = frame.scrollWidth > frame.clientWidth ? row.width / place.width : 0;
                return [row.left - place.left, last.right - place.right, share];
        })""",
    )
    assert frames
    for name_px, beyond_px, share in frames:
        assert abs(name_px) <= 1
        assert beyond_px <= 1
        assert share < 0.7


@pytest.mark.parametrize("name", PAGES)
def test_page_is_complete_without_script(browser: Browser, reports: Path, name: str) -> None:
    texts = []
    for is_on in (True, False):
        context = browser.new_context(java_script_enabled=is_on)
        page = opened(context, reports / name)
        texts.append(page.inner_text("body"))
        context.close()
    assert texts[0] == texts[1]
    assert "Where this page comes from" in texts[0]


@pytest.mark.parametrize("name", PAGES)
def test_contents_are_open_on_a_wide_screen_and_closed_on_a_phone(
    context: BrowserContext, reports: Path, name: str
) -> None:
    page = opened(context, reports / name)
    link = page.locator("nav.contents a").last
    assert link.is_visible()
    page.set_viewport_size({"width": 390, "height": 900})
    assert not link.is_visible()
    page.click("nav.contents summary")
    assert link.is_visible()
    dead = page.eval_on_selector_all(
        "a[href^='#']",
        "links => links.map(a => a.hash).filter(hash => !document.querySelector(hash))",
    )
    assert dead == []


def test_an_old_page_says_so_first(context: BrowserContext, reports: Path) -> None:
    page = opened(context, reports / "gone.html")
    mark = page.locator("section.stale")
    assert mark.bounding_box() is not None
    assert (mark.bounding_box() or {})["y"] < 5
    assert "no stage writes this page any more" in mark.inner_text()
