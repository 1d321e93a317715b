"""A page that holds nothing but the parts that a reader moves."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tasks.core.html.templating import render_template
from tasks.page import interactive_scripts
from tasks.page.interactive_scripts import INTERACTIVE_SCRIPTS

CHROMIUM = shutil.which("chromium")
_TEMPLATES = Path(interactive_scripts.__file__).parent / "templates"
_PAGE = """{% extends "base.html.j2" %}
{% block title %}Parts{% endblock %}
{% block style %}<style>{% include "interactive.css" %}</style>{% endblock %}
{% block header %}<h1>Parts</h1>{% endblock %}
{% block content %}
{% if threshold is defined %}{% include "threshold.html.j2" %}{% endif %}
{% if cases is defined %}{% include "cases.html.j2" %}{% endif %}
{% endblock %}
"""


def write_interactive_page(folder: Path, context: dict[str, Any]) -> Path:
    """Write a page with the parts of `context` (`threshold`, `cases`) into a folder."""
    templates = folder / "templates"
    if not templates.exists():
        shutil.copytree(_TEMPLATES, templates)
        (templates / "parts_only.html.j2").write_text(_PAGE, encoding="utf-8")
    page = folder / "page.html"
    text = render_template(templates, "parts_only.html.j2", context, scripts=INTERACTIVE_SCRIPTS)
    page.write_text(text, encoding="utf-8")
    return page


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of the machine, without a window."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def complaints_of(page: Page) -> list[str]:
    """List that fills with what the browser complains of, and with every request for a file."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("data:", "blob:")) or request.is_navigation_request()
            else found.append(request.url)
        ),
    )
    return found
