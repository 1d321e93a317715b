"""The verdict as one offline page: no script, no font, no request leaves it."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from tasks.validate.rule import GROUPS


def render_page(verdict: Mapping[str, Any]) -> str:
    """Render the page.

    Args:
        verdict: From `verdict.build_verdict`.

    Returns:
        HTML with its style inside; every value from the data is escaped.
    """
    environment = Environment(
        loader=PackageLoader("tasks.validate"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["words"] = lambda name: str(name).removeprefix("n_").replace("_", " ")
    environment.filters["thousands"] = lambda number: f"{number:,}"
    template = environment.get_template("validation.html.j2")
    return template.render(verdict=verdict, groups=GROUPS, **_piles(verdict["expectations"]))


def _piles(expectations: list[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Expectations in reading order: what stops the run, what to look at, what holds."""
    broken = [one for one in expectations if not one["passed"]]
    return {
        "failed": [one for one in broken if one["severity"] == "error"],
        "warnings": [one for one in broken if one["severity"] == "warning"],
        "passed": [one for one in expectations if one["passed"]],
    }
