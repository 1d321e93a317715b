import re
from pathlib import Path

import jinja2
import pytest

from tasks.core.html.templating import render_template


def test_text_is_escaped_and_the_page_loads_nothing(tmp_path: Path) -> None:
    template = '{% extends "base.html.j2" %}{% block content %}{{ text }}{% endblock %}'
    (tmp_path / "t.html.j2").write_text(template)

    page = render_template(tmp_path, "t.html.j2", {"text": "<script>alert(1)</script>"})

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert re.search(r"https?://", page) is None


def test_unknown_name_in_a_template_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "t.html.j2").write_text("{{ nowhere }}")
    with pytest.raises(jinja2.UndefinedError, match="nowhere"):
        render_template(tmp_path, "t.html.j2", {})


def test_interval_and_percentage_do_not_break_across_lines(tmp_path: Path) -> None:
    (tmp_path / "t.html.j2").write_text("95 % interval 0.89\N{EN DASH}0.99")
    assert (
        render_template(tmp_path, "t.html.j2", {})
        == "95&nbsp;% interval 0.89\N{EN DASH}&NoBreak;0.99"
    )


@pytest.mark.parametrize(
    ("estimate", "range_path"),
    [
        ({"value": 0.75, "low": 0.6, "high": 0.9}, "M20.00 6H80.00"),
        ({"value": 0.75, "low": None, "high": None}, None),
    ],
)
def test_axis_of_a_whisker_is_100_units_long(
    tmp_path: Path, estimate: dict[str, float | None], range_path: str | None
) -> None:
    template = '{% from "parts.html.j2" import whisker %}{{ whisker(e, start=0.5) }}'
    (tmp_path / "t.html.j2").write_text(template)

    svg = render_template(tmp_path, "t.html.j2", {"e": estimate})

    assert 'cx="50.00"' in svg
    assert ('class="range"' in svg) == (range_path is not None)
    assert range_path is None or range_path in svg
