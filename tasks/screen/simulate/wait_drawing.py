"""Drawings of the waits as inline SVG. The stylesheet of the page gives colours and line styles.

All text in them is ours; names of classes stand in the captions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 380, 270  # units of the drawing, about pixels on a phone
LEFT, RIGHT, BOTTOM, LEGEND = 54, 12, 40, 15  # margins; height of a line of the legend
MAX_TICKS = 7
_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 720, 1440, 2920, 8760)
_ROUNDING = 1e-9  # 1 / 0.2 may be a little below 5
_ASIDE = 3.0  # between the marks of two lines, so that no interval hides another one
_HALF = 3.2  # half of the size of a mark


@dataclass(frozen=True)
class DrawnLine:
    """One line of a drawing.

    name: for the legend. points: x and y in units of the axes. ranges: the two ends of the interval
    at each point; empty without intervals, and then the points have no marks.
    """

    name: str
    points: Sequence[tuple[float, float]]
    ranges: Sequence[tuple[float, float] | None] = ()


@dataclass(frozen=True)
class DrawnAxes:
    """The axes of a drawing: titles, ends, and whether their numbers are shares in percent."""

    x_title: str
    y_title: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_percent: bool = False
    y_percent: bool = False


def draw_lines(label: str, axes: DrawnAxes, lines: Sequence[DrawnLine]) -> Markup:
    """Draw lines with a legend above them.

    Args:
        label: For readers who do not see the drawing.
        axes: Each range has a positive length.
        lines: At most four; the number of a line gives its colour, its dashes and its mark.
    """
    frame = _Frame(axes, top=8 + LEGEND * len(lines))
    parts = [*_grid(frame), *_titles(frame)]
    for number, line in enumerate(lines, start=1):
        parts += [*_legend(number, line), *_curve(frame, number, line)]
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="waits" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        + "".join(parts)
        + "</svg>"
    )


def ticks_between(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`, at most `MAX_TICKS`.

    Example:
        >>> ticks_between(0, 70)
        [0, 12, 24, 36, 48, 60]
        >>> ticks_between(-1.5, 1)
        [-1.5, -1.0, -0.5, 0.0, 0.5, 1.0]
    """
    step = next((s for s in _STEPS if (high - low) / s < MAX_TICKS), _STEPS[-1])
    first, last = math.ceil(low / step - _ROUNDING), math.floor(high / step + _ROUNDING)
    return [step * k for k in range(first, last + 1)]


@dataclass(frozen=True)
class _Frame:
    axes: DrawnAxes
    top: float

    def x(self, value: float) -> float:
        low, high = self.axes.x_range
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)

    def y(self, value: float) -> float:
        low, high = self.axes.y_range
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - self.top) * (value - low) / (high - low)


def _grid(frame: _Frame) -> list[str]:
    axes, parts = frame.axes, []
    for value in ticks_between(*axes.y_range):
        y = f"{frame.y(value):.1f}"
        style = "zero" if value == 0 else "grid"
        parts.append(f'<path class="{style}" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        text = _number(value, axes.y_percent)
        parts.append(f'<text x="{LEFT - 6}" y="{y}" dy=".35em" text-anchor="end">{text}</text>')
    for value in ticks_between(*axes.x_range):
        x, text = f"{frame.x(value):.1f}", _number(value, axes.x_percent)
        parts.append(f'<path class="grid" d="M{x} {frame.top:.1f}V{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{text}</text>')
    return parts


def _titles(frame: _Frame) -> list[str]:
    middle = (frame.top + HEIGHT - BOTTOM) / 2
    return [
        f'<text class="title" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}"'
        f' text-anchor="middle">{frame.axes.x_title}</text>',
        f'<text class="title" transform="translate(11 {middle:.1f}) rotate(-90)"'
        f' text-anchor="middle">{frame.axes.y_title}</text>',
    ]


def _legend(number: int, line: DrawnLine) -> list[str]:
    y = LEGEND * number - 5
    mark = _mark(number, LEFT + 13, y) if line.ranges else ""
    return [
        f'<path class="line line-{number}" d="M{LEFT} {y}h26"/>{mark}'
        f'<text class="name" x="{LEFT + 33}" y="{y}" dy=".35em">{line.name}</text>'
    ]


def _curve(frame: _Frame, number: int, line: DrawnLine) -> list[str]:
    aside = _ASIDE * (number - 2) if line.ranges else 0.0
    places = [(frame.x(x) + aside, frame.y(y)) for x, y in line.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    parts = [f'<path class="line line-{number}" d="M{path}"/>']
    for (x, y), ends in zip(places, line.ranges, strict=False):  # no ranges: no marks
        if ends is not None:
            low, high = (f"{frame.y(end):.1f}" for end in ends)
            parts.append(f'<path class="range line-{number}" d="M{x:.1f} {low}V{high}"/>')
        parts.append(_mark(number, x, y))
    return parts


def _mark(number: int, x: float, y: float) -> str:
    """A circle, a square, a triangle or a diamond."""
    h = _HALF
    if number == 1:
        return f'<circle class="mark mark-1" cx="{x:.1f}" cy="{y:.1f}" r="{h}"/>'
    shapes = {2: f"m-{h} -{h}h{2 * h}v{2 * h}h-{2 * h}z", 3: f"m0 -{h}l{h} {2 * h}h-{2 * h}z"}
    shape = shapes.get(number, f"m0 -{h}l{h} {h}l-{h} {h}l-{h} -{h}z")
    return f'<path class="mark mark-{number}" d="M{x:.1f} {y:.1f}{shape}"/>'


def _number(value: float, is_percent: bool) -> str:
    text = f"{100 * value:.0f} %" if is_percent else f"{value:g}"
    return text.replace("-", "\N{MINUS SIGN}")
