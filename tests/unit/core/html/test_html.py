import re
from pathlib import Path

import jinja2
import pytest
from PIL import Image

from tasks.core.html.html import (
    PictureError,
    inline_png,
    interval,
    number,
    percent,
    plural,
    render,
    thousands,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.953, "0.95"),
        (None, "\N{EN DASH}"),
        (1.0, "1.00"),
        (0.0, "0.00"),
        (0.997, "0.997"),
        (-0.031, "\N{MINUS SIGN}0.03"),
    ],
)
def test_number_shows_two_digits_and_never_rounds_up_to_certainty(
    value: float | None, text: str
) -> None:
    assert number(value) == text


def test_number_stops_at_four_digits() -> None:
    assert number(0.999996) == "1.0000"
    assert number(0.00012) == "0.0001"


def test_interval_is_empty_when_an_end_is_undefined() -> None:
    assert interval({"value": 0.9, "low": 0.8, "high": 0.951}) == "0.80\N{EN DASH}0.95"
    assert interval({"value": 0.9, "low": None, "high": 0.95}) == ""


def test_counts_and_shares_read_as_words() -> None:
    assert plural(1, "film") == "1 film"
    assert plural(5856, "film") == "5856 films"
    assert thousands(8_459_458) == "8\u202f459\u202f458"
    assert (percent(0.946), percent(0.004), percent(0.0), percent(None)) == (
        "95 %",
        "under 1 %",
        "0 %",
        "\N{EN DASH}",
    )


def test_png_is_inlined_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    Image.new("L", (7, 5)).save(path)

    picture = inline_png(path)

    assert (picture.width_px, picture.height_px) == (7, 5)
    assert picture.uri.startswith("data:image/png;base64,iVBORw0KGgo")


def test_what_is_no_png_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    path.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(PictureError, match="must be a PNG file"):
        inline_png(path)


def test_text_is_escaped_and_page_asks_for_nothing(tmp_path: Path) -> None:
    template = '{% extends "base.html.j2" %}{% block content %}{{ text }}{% endblock %}'
    (tmp_path / "t.html.j2").write_text(template)

    page = render(tmp_path, "t.html.j2", {"text": "<script>alert(1)</script>"})

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert re.search(r"https?://", page) is None


def test_unknown_name_in_a_template_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "t.html.j2").write_text("{{ nowhere }}")
    with pytest.raises(jinja2.UndefinedError, match="nowhere"):
        render(tmp_path, "t.html.j2", {})


def test_interval_and_percentage_do_not_break_across_lines(tmp_path: Path) -> None:
    (tmp_path / "t.html.j2").write_text("95 % interval 0.89\N{EN DASH}0.99")
    assert render(tmp_path, "t.html.j2", {}) == "95&nbsp;% interval 0.89\N{EN DASH}&NoBreak;0.99"


@pytest.mark.parametrize(
    ("estimate", "range_path"),
    [
        ({"value": 0.75, "low": 0.6, "high": 0.9}, "M20.00 6H80.00"),
        ({"value": 0.75, "low": None, "high": None}, None),
    ],
)
def test_whisker_maps_the_axis_to_a_hundred_units(
    tmp_path: Path, estimate: dict[str, float | None], range_path: str | None
) -> None:
    template = '{% from "parts.html.j2" import whisker %}{{ whisker(e, start=0.5) }}'
    (tmp_path / "t.html.j2").write_text(template)

    svg = render(tmp_path, "t.html.j2", {"e": estimate})

    assert 'cx="50.00"' in svg
    assert ('class="range"' in svg) == (range_path is not None)
    assert range_path is None or range_path in svg
