"""The case browser: filters, order, keys, canvas, heat, address, and films with hostile names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tasks.core import paths
from tasks.core.atomic import read_json
from tests.browsed_cases import HOSTILE_NAMES, write_case_page
from tests.interactive_page import CHROMIUM, complaints_of
from tests.report_inputs import MODEL

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    return write_case_page(tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def films(written: tuple[Path, pd.DataFrame]) -> pd.DataFrame:
    return written[1]


@pytest.fixture(scope="module")
def explained(written: tuple[Path, pd.DataFrame]) -> list[dict[str, Any]]:
    cases = read_json(written[0].parent / paths.explanations_json(MODEL))["cases"]
    return list(cases)


@pytest.fixture
def page(browser: Browser, written: tuple[Path, pd.DataFrame]) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints = complaints_of(page)
    page.goto(written[0].as_uri(), wait_until="load")
    page.wait_for_selector("#film-canvas[data-film]")
    yield page
    assert complaints == []
    assert page.title() == "Parts"  # no hostile name has run
    page.close()


def listed(page: Page) -> list[str]:
    """image_id of the films in the list, in order."""
    return page.eval_on_selector_all(
        "#cases-list a", "links => links.map(link => link.hash.slice('#film='.length))"
    )


def opened(page: Page) -> str:
    return page.eval_on_selector("#cases-list a[aria-current]", "link => link.hash.slice(6)")


def test_every_test_film_is_listed_with_its_picture(page: Page, films: pd.DataFrame) -> None:
    assert sorted(listed(page)) == sorted(films["image_id"])
    assert page.locator(".all-films img.thumb").count() == len(films)


@pytest.mark.parametrize(
    ("name", "value", "column"),
    [
        ("outcome", "FN", "outcome"),
        ("label", "NORMAL", "label"),
        ("probable", "PNEUMONIA", "called_class"),
        ("group:subtype", "virus", "subtype"),
    ],
)
def test_filters_keep_the_films_of_a_value(
    page: Page, films: pd.DataFrame, name: str, value: str, column: str
) -> None:
    page.select_option(f"[data-filter='{name}']", value)
    assert sorted(listed(page)) == sorted(films.loc[films[column] == value, "image_id"])


@pytest.mark.parametrize("state", ["is_referred", "is_novel"])
def test_filter_by_state(page: Page, films: pd.DataFrame, state: str) -> None:
    page.select_option("[data-filter='state']", state)
    assert sorted(listed(page)) == sorted(films.loc[films[state], "image_id"])
    page.select_option("[data-filter='state']", "is_wrong")
    assert sorted(listed(page)) == sorted(
        films.loc[films["outcome"].isin(["FN", "FP"]), "image_id"]
    )
    page.click("#cases-clear")
    assert len(listed(page)) == len(films)


def test_films_nearest_to_the_threshold_come_first(page: Page, films: pd.DataFrame) -> None:
    threshold = 0.41  # of the fixture
    margin = dict(zip(films["image_id"], (films["prob_positive"] - threshold).abs(), strict=True))
    order = [margin[image_id] for image_id in listed(page)]
    assert order == sorted(order)
    page.select_option("#cases-order", "high")
    prob = dict(zip(films["image_id"], films["prob_positive"], strict=True))
    order = [prob[image_id] for image_id in listed(page)]
    assert order == sorted(order, reverse=True)


def test_a_held_key_does_not_reach_the_limit_of_new_addresses(page: Page) -> None:
    order = listed(page)
    page.evaluate(
        """() => {
            window.newAddresses = 0;
            const replace = history.replaceState.bind(history);
            history.replaceState = (...all) => { window.newAddresses += 1; replace(...all); };
            const press = (key) => document.dispatchEvent(new KeyboardEvent("keydown", { key }));
            for (let n = 0; n < 300; n += 1) press(n % 3 === 2 ? "k" : "j");
        }"""
    )
    last = order[min(100, len(order) - 1)]
    assert opened(page) == last
    page.wait_for_function("address => location.hash === address", arg=f"#film={last}")
    assert page.evaluate("window.newAddresses") == 1


def test_keys_go_through_the_list(page: Page) -> None:
    order = listed(page)
    assert opened(page) == order[0]
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert opened(page) == order[2]
    page.keyboard.press("k")
    assert opened(page) == order[1]
    page.wait_for_function("address => location.hash === address", arg=f"#film={order[1]}")
    page.keyboard.press("/")
    page.keyboard.press("j")  # it belongs to the field now
    assert opened(page) == order[1]
    page.locator("#cases-search").press_sequentially("k")
    page.click("#cases-clear")
    assert opened(page) == order[1]
    page.locator("#cases-help").click()
    page.locator("#cases-keys-on").uncheck()
    page.locator("#film-view").focus()
    page.keyboard.press("k")  # single keys are off
    assert opened(page) == order[1]


def test_key_o_goes_to_the_film(page: Page) -> None:
    page.keyboard.press("o")
    assert page.evaluate("document.activeElement.id") == "film-view"
    page.keyboard.press("?")
    assert page.is_visible("#cases-keys")


def test_address_opens_a_film(page: Page, films: pd.DataFrame) -> None:
    image_id = films["image_id"].iloc[7]
    page.evaluate("address => { location.hash = address; }", f"film={image_id}")
    expect(page.locator("#film-title")).to_have_text(films["path"].iloc[7])
    assert opened(page) == image_id


def test_a_cell_of_a_matrix_shows_its_films(page: Page, films: pd.DataFrame) -> None:
    page.evaluate(
        """() => {
            const link = document.createElement("a");
            Object.assign(link, { href: "#cases", id: "cell", textContent: "5" });
            Object.assign(link.dataset, { truth: "NORMAL", called: "PNEUMONIA" });
            document.querySelector("header").append(link);
        }"""
    )
    page.click("#cell")
    wanted = (films["label"] == "NORMAL") & (films["called_class"] == "PNEUMONIA")
    assert sorted(listed(page)) == sorted(films.loc[wanted, "image_id"])


def open_case(page: Page, case: dict[str, Any]) -> None:
    page.evaluate("address => { location.hash = address; }", f"film={case['image_id']}")
    page.wait_for_selector(f"#film-canvas[data-film='{case['image_id']}']")


def test_hostile_names_are_text(page: Page, films: pd.DataFrame) -> None:
    for name in HOSTILE_NAMES:
        open_case(page, {"image_id": films.loc[films["path"] == name, "image_id"].item()})
        assert page.text_content("#film-title") == name
        page.keyboard.press("p")
    assert page.locator("#marks-table tbody tr").count() == len(HOSTILE_NAMES)
    assert page.locator("#marks-table th b, #marks-table th img").count() == 0


def test_numbers_of_the_film_are_those_of_the_predictions(
    page: Page, films: pd.DataFrame, explained: list[dict[str, Any]]
) -> None:
    film = films[films["image_id"] == explained[2]["image_id"]].iloc[0]
    open_case(page, explained[2])
    text = page.inner_text("#film-classes")
    for name in ("NORMAL", "PNEUMONIA"):
        assert f"{name}\t{film[f'prob_{name}']:.3f}" in text
    assert page.locator("#film-nearest img").count() == 3
    widths = page.eval_on_selector_all(
        "#film-nearest img, #film-square", "all => all.map(one => one.naturalWidth)"
    )
    assert min(widths) > 0


@pytest.mark.parametrize(
    ("scheme", "width_px"), [pytest.param("light", 1280, marks=pytest.mark.slow), ("dark", 390)]
)
def test_axe_finds_nothing(
    browser: Browser, written: tuple[Path, pd.DataFrame], scheme: Any, width_px: int
) -> None:
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width_px, "height": 800}
    )
    page = context.new_page()
    page.goto(written[0].as_uri(), wait_until="load")
    page.wait_for_selector("#film-canvas[data-film]")
    page.keyboard.press("?")
    page.keyboard.press("w")
    results = Axe().run(page)
    found = [(one["id"], [node["html"] for node in one["nodes"]][:3])
             for one in results.response["violations"]]  # fmt: skip
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    context.close()


def test_without_script_the_table_has_every_film(
    browser: Browser, written: tuple[Path, pd.DataFrame], films: pd.DataFrame
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    image_id = films["image_id"].iloc[5]
    page.goto(f"{written[0].as_uri()}#film={image_id}")
    assert page.locator(".all-films > .scroll > table > tbody > tr").count() == len(films)
    assert page.is_visible(f"[id='film={image_id}']")
    assert not page.is_visible(".reader")
    page.click(".all-films details >> nth=0")
    assert page.is_visible("text=areas for (green) and against (red)")
    context.close()


def test_equal_inputs_give_an_equal_page(tmp_path: Path, written: tuple[Path, Any]) -> None:
    again, _ = write_case_page(tmp_path)
    assert again.read_bytes() == written[0].read_bytes()


def test_without_a_negative_class(browser: Browser, tmp_path: Path) -> None:
    path, films = write_case_page(tmp_path, is_two_sided=False)
    page = browser.new_page()
    complaints = complaints_of(page)
    page.goto(path.as_uri(), wait_until="load")
    page.wait_for_selector("#film-canvas[data-film]")
    page.select_option("[data-filter='outcome']", "wrong")
    wrong = films["label"] != films["called_class"]
    assert sorted(listed(page)) == sorted(films.loc[wrong, "image_id"])
    expect(page.locator("#film-call")).to_contain_text("another class")
    assert "threshold" not in page.inner_text("#film-call")
    assert "No class means" in page.inner_text("#threshold")
    assert complaints == []
    page.close()
