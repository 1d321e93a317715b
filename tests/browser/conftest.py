"""One Chromium for all tests of a file; each test opens its own pages in it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.interactive_page import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser
