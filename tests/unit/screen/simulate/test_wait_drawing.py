"""Drawings hold every line, mark and interval at its place."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.screen.simulate.wait_drawing import (
    MAX_TICKS,
    DrawnAxes,
    DrawnLine,
    draw_lines,
    ticks_between,
)

AXES = DrawnAxes("Hours", "Change", (0.0, 10.0), (-2.0, 2.0))


def test_lines_marks_and_intervals_are_drawn():
    one = DrawnLine("with", [(0, -2), (10, 2)], [(-2, -1), None])
    two = DrawnLine("without", [(5, 0)], [(-1, 1)])
    svg = draw_lines("Change by hours", AXES, [one, two])
    ElementTree.fromstring(str(svg))  # noqa: S314 - ours
    assert 'aria-label="Change by hours"' in svg
    assert svg.count('class="range') == 2
    assert svg.count('class="mark mark-1"') == 3  # one is in the legend
    assert svg.count('class="mark mark-2"') == 2
    (path,) = re.findall(r'class="line line-1" d="M([\d.]+ [\d.]+L[\d.]+ [\d.]+)"', svg)
    (x1, y1), (x2, y2) = (map(float, end.split()) for end in path.split("L"))
    assert (x2 - x1, y1 - y2) == (380 - 54 - 12, 270 - 40 - 38)


def test_a_line_without_intervals_has_no_marks():
    svg = draw_lines("x", AXES, [DrawnLine("share", [(0, 0), (1, 1)])])
    assert "mark" not in svg
    assert "range" not in svg


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0.0, 175.0, [0, 48, 96, 144]), (-0.5, 0.5, None)],
)
def test_ticks_are_round(low, high, expected):
    found = ticks_between(low, high)
    assert expected is None or found == pytest.approx(expected)
    assert len(found) <= MAX_TICKS


@given(st.floats(-5000, 5000), st.floats(0.5, 8000))
def test_ticks_lie_in_the_range_and_are_few(low, length):
    found = ticks_between(low, low + length)
    assert len(found) <= MAX_TICKS
    assert all(low - 1e-6 <= tick <= low + length + 1e-6 for tick in found)
