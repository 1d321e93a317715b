"""Fill a Jinja template. The page is one file that needs no network.

The stylesheet and the pictures are inside the page. It runs no script, and its content security
policy forbids the browser to load anything else.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from tasks.core.html.number_format import (
    count_of,
    format_count,
    format_interval,
    format_number,
    format_percent,
)

SHARED_TEMPLATES = Path(__file__).parent / "templates"
_FILTERS = {
    "number": format_number,
    "interval": format_interval,
    "percent": format_percent,
    "thousands": format_count,
    "plural": count_of,
}


def render_template(template_folder: Path, name: str, context: Mapping[str, Any]) -> str:
    """Fill a template of a room. It may extend and import the shared templates.

    Args:
        template_folder: `templates` folder of the room.
        name: File name of the template in that folder.
        context: Values by the names that the template uses. Text is escaped.

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
    return _without_line_breaks(environment.get_template(name).render(context))


def _without_line_breaks(page: str) -> str:
    """Forbid a line break inside `95 %` and inside an interval."""
    page = re.sub(r"(\d) %", r"\1&nbsp;%", page)
    return re.sub(r"(\d\u2013)(\d)", r"\1&NoBreak;\2", page)
