"""The open film on its canvas: heat, opacity, window, level and zoom."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tasks.core import paths
from tasks.core.atomic import read_json
from tests.browsed_cases import write_case_page
from tests.interactive_page import CHROMIUM, complaints_of
from tests.report_inputs import MODEL

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    return write_case_page(tmp_path_factory.mktemp("canvas"))


@pytest.fixture(scope="module")
def films(written: tuple[Path, pd.DataFrame]) -> pd.DataFrame:
    return written[1]


@pytest.fixture(scope="module")
def explained(written: tuple[Path, pd.DataFrame]) -> list[dict[str, Any]]:
    return list(read_json(written[0].parent / paths.explanations_json(MODEL))["cases"])


@pytest.fixture
def page(browser: Browser, written: tuple[Path, pd.DataFrame]) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints = complaints_of(page)
    page.goto(written[0].as_uri(), wait_until="load")
    page.wait_for_selector("#film-canvas[data-film]")
    yield page
    assert complaints == []
    page.close()


def pixels(page: Page) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The canvas: (H, W, 4) uint8."""
    address = page.eval_on_selector("#film-canvas", "canvas => canvas.toDataURL('image/png')")
    with Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))) as image:
        return np.asarray(image.convert("RGBA"))


def open_case(page: Page, case: dict[str, Any]) -> None:
    page.evaluate("address => { location.hash = address; }", f"film={case['image_id']}")
    page.wait_for_selector(f"#film-canvas[data-film='{case['image_id']}']")


def test_heat_has_one_colour_for_and_one_against(
    page: Page, explained: list[dict[str, Any]]
) -> None:
    open_case(page, explained[1])
    page.select_option("#film-method", "grad_cam")
    speaks_for = pixels(page).astype(int)
    y, x = int(0.6 * len(speaks_for)), int(0.3 * speaks_for.shape[1])  # the hill of the fixture
    assert speaks_for[y, x, 0] > speaks_for[y, x, 2] + 40  # orange
    page.select_option("#film-class", "1")
    against = pixels(page).astype(int)
    assert against[y, x, 2] > against[y, x, 0] + 40  # blue
    page.locator("#film-opacity").fill("0")
    plain = pixels(page).astype(int)
    assert (np.ptp(plain[..., :3], axis=2) == 0).all()  # grey


def test_scale_and_empty_maps_are_told(page: Page, explained: list[dict[str, Any]]) -> None:
    open_case(page, explained[0])
    page.select_option("#film-method", "lime")
    expect(page.locator("#heat-words")).to_contain_text("The map is zero everywhere")
    assert "logits" in page.inner_text("#heat-high")
    low = page.inner_text("#heat-low").split()[-1].replace("\N{MINUS SIGN}", "")
    assert low in page.inner_text("#heat-high")
    page.select_option("#film-method", "grad_cam_plus_plus")
    expect(page.locator("#heat-words")).to_contain_text("fails its sanity check")


def test_films_without_heat_say_so(
    page: Page, films: pd.DataFrame, explained: list[dict[str, Any]]
) -> None:
    known = {case["image_id"] for case in explained}
    other = films.loc[~films["image_id"].isin(known), "image_id"].iloc[0]
    open_case(page, {"image_id": other})
    assert page.is_visible("#film-unexplained")
    assert not page.is_visible("#film-heat")


def test_window_level_and_zoom_change_the_film(page: Page) -> None:
    page.locator("#film-opacity").evaluate("field => { field.value = 0; }")
    before = pixels(page)
    page.locator("#film-window").fill("60")
    narrow = pixels(page)
    assert np.std(narrow[..., 0]) > np.std(before[..., 0])  # more contrast
    page.locator("#film-level").fill("250")
    assert pixels(page)[..., 0].mean() < narrow[..., 0].mean()  # darker
    page.click("#film-in")
    assert float(page.get_attribute("#film-canvas", "data-zoom") or 0) == 1.5
    page.locator("#film-view").focus()
    page.keyboard.press("+")
    assert float(page.get_attribute("#film-canvas", "data-zoom") or 0) == 2.25
    page.click("#film-reset")
    assert page.get_attribute("#film-canvas", "data-zoom") == "1"
    assert page.input_value("#film-window") == "255"


def test_lime_has_borders_for_and_against(page: Page, explained: list[dict[str, Any]]) -> None:
    open_case(page, explained[1])
    page.select_option("#film-method", "occlusion")
    without = pixels(page).astype(int)
    page.select_option("#film-method", "lime")
    shown = pixels(page).astype(int)
    green = (shown[..., 1] - shown[..., 0] > 60) & (shown[..., 1] - shown[..., 2] > 60)
    assert green.sum() > 50
    assert not ((without[..., 1] - without[..., 0]) > 60).any()
    expect(page.locator("#heat-words")).to_contain_text("dashed and red against")
