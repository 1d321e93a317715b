"""The page that describes the routes fits a phone and a desk, and can be read by everybody."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.interactive_page import CHROMIUM, chromium
from tests.service_clients import open_client
from tests.small_onnx import small_onnx

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")


def test_the_page_fits_and_axe_finds_nothing(tmp_path: Path) -> None:
    with open_client(tmp_path / "state", small_onnx(tmp_path)) as client:
        text = client.get("/api").text
    file = tmp_path / "api.html"
    file.write_text(text, encoding="utf-8")
    with chromium() as browser:
        context = browser.new_context(bypass_csp=True)
        page = context.new_page()
        page.goto(file.as_uri())
        for width_px in (1440, 390):
            page.set_viewport_size({"width": width_px, "height": 900})
            for one in ("document.documentElement", "document.querySelector('pre')"):
                assert page.evaluate(f"{one}.scrollWidth <= {one}.clientWidth"), one
            assert [one["id"] for one in Axe().run(page).response["violations"]] == []
        context.close()
