import re
from pathlib import Path

import jinja2
import pytest

from tasks.core import paths
from tasks.core.html.site_links import site_links
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


def page_with(tmp_path: Path, content: str, **context: object) -> str:
    template = '{% extends "base.html.j2" %}{% block content %}' + content + "{% endblock %}"
    (tmp_path / "t.html.j2").write_text(template)
    return render_template(tmp_path, "t.html.j2", context)


def test_contents_list_each_section_by_its_heading(tmp_path: Path) -> None:
    names = ("a", "b", "c")
    sections = "".join(
        f'<section id="{n}"><h2>{n} <em>{{{{ t }}}}</em></h2></section>' for n in names
    )
    page = page_with(tmp_path, sections, t="< 5")
    contents = page.partition('aria-label="On this page"')[2].partition("</nav>")[0]
    assert re.findall(r'<a href="#(\w)">(.*?)</a>', contents) == [
        (name, f"{name} &lt; 5") for name in names
    ]


def test_a_page_of_two_sections_has_no_contents(tmp_path: Path) -> None:
    page = page_with(tmp_path, '<section id="a"><h2>A</h2></section>' * 2)
    assert "On this page" not in page
    assert "<!-- contents -->" not in page


def test_links_to_other_pages_mark_the_page_itself(tmp_path: Path) -> None:
    page = page_with(tmp_path, "", site=site_links(paths.page("ann"), ["ann", "cnn4"]))
    marked = re.findall(r'<a href="([^"]+)"( aria-current="page")?>', page)
    assert [address for address, current in marked if current] == ["ann.html"]
    assert ("cnn4.html", "") in marked


def test_a_table_has_row_headers_and_says_what_is_not_computable(tmp_path: Path) -> None:
    rows = [["one", 0.25, 3, {"value": None, "low": None, "high": None}], ["two", 0.5, 4, None]]
    table = page_with(
        tmp_path,
        '{% from "parts.html.j2" import value_table %}{{ value_table("T", head, rows) }}',
        head=["Name", "Share", "Films", "AUROC"],
        rows=rows,
    )
    assert re.findall(r'<th scope="row">(\w+)</th>', table) == ["one", "two"]
    assert table.count("not computable") == 2
    assert '<td class="n">0.250</td>' in table


def test_a_plot_carries_its_numbers(tmp_path: Path) -> None:
    figure = page_with(
        tmp_path,
        '{% from "parts.html.j2" import plot %}{{ plot("D", "Loss", "By epoch.", data) }}',
        data={"head": ["Epoch", "Loss"], "rows": [["1", 0.5]]},
    )
    assert '<td class="n">0.500</td>' in figure.partition("<figure")[2]
