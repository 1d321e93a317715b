"""Fill a Jinja template. The page is one file that needs no network.

The stylesheet, the pictures and the script are inside the page. Its content security policy
forbids the browser to load anything else, and to run any other script.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from tasks.core.html.number_format import (
    count_of,
    format_count,
    format_interval,
    format_number,
    format_percent,
    patient_text,
)

SHARED_TEMPLATES = Path(__file__).parent / "templates"
_CONTENTS = "<!-- contents -->"  # base.html.j2 has it; the list of headings takes its place
_FEWEST_HEADINGS = 3  # a page with fewer needs no contents
_SECTION = re.compile(r'<section id="([^"]+)"[^>]*>\s*<h2[^>]*>(.*?)</h2>', re.DOTALL)
_FILTERS = {
    "number": format_number,
    "interval": format_interval,
    "percent": format_percent,
    "thousands": format_count,
    "plural": count_of,
    "patients": patient_text,
}


def render_template(
    template_folder: Path,
    name: str,
    context: Mapping[str, Any],
    scripts: Sequence[Path] = (),
) -> str:
    """Fill a template of a room. It may extend and import the shared templates.

    Args:
        template_folder: `templates` folder of the room.
        name: File name of the template in that folder.
        context: Values by the names that the template uses. Text is escaped.
        scripts: JavaScript files that the page runs, in this order; `templates` folders hold them.

    The base template shows three variables where the context has them: `site` (links to the other
    pages, `tasks.core.html.site_links`), `provenance` (`tasks.core.provenance`), and, without a
    variable, the contents: every `<section id="...">` of the page that begins with an `<h2>`.

    Returns:
        The page. Equal arguments give an equal page.

    Raises:
        jinja2.UndefinedError: The template uses a name that the context lacks.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template_folder, SHARED_TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= _FILTERS
    script = "\n".join(path.read_text(encoding="utf-8") for path in scripts)
    page = environment.get_template(name).render(
        {**context, "script": Markup(script), "script_hash": _policy_hash(script)}  # noqa: S704 - ours
    )
    page = page.replace(_CONTENTS, _contents(environment, page), 1)
    return _without_line_breaks(page) if not script else _break_outside(page, script)


def _contents(environment: jinja2.Environment, page: str) -> str:
    """List of the sections of a page: each `<section id="...">` that begins with an `<h2>`."""
    headings = [
        (anchor, Markup(title).striptags())  # noqa: S704 - escaped when the page was filled
        for anchor, title in _SECTION.findall(page)
    ]
    if len(headings) < _FEWEST_HEADINGS:
        return ""
    return environment.get_template("contents.html.j2").render(headings=headings)


def _policy_hash(script: str) -> str:
    """Hash by which a content security policy allows a script (CSP Level 3, 2.3.1)."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _break_outside(page: str, script: str) -> str:
    """Leave the script as it is: its hash allows these characters only."""
    before, after = page.split(script)
    return _without_line_breaks(before) + script + _without_line_breaks(after)


def _without_line_breaks(page: str) -> str:
    """Forbid a line break inside `95 %` and inside an interval."""
    page = re.sub(r"(\d) %", r"\1&nbsp;%", page)
    return re.sub(r"(\d\u2013)(\d)", r"\1&NoBreak;\2", page)
