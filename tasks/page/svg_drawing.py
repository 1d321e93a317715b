"""Inline SVG for the pages. It takes colours and font from the page, in light and dark mode.

A fixed hash salt and no metadata make the bytes depend on the numbers only.
"""

import io
import re
import warnings
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Placeholders: when the SVG is written, variables of the stylesheet replace these colours.
INK, MUTED, GRID, ACCENT, CARD = "#010101", "#020202", "#030303", "#040404", "#050505"
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "rule", ACCENT: "accent", CARD: "card"}

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a class may be called `COST $$`
    "font.family": "DejaVu Sans",  # matplotlib includes it; the browser uses the font of the page
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
}
_SIZE_IN = (4.4, 3.6)


def unit_square(axes: Axes, x_label: str, y_label: str) -> None:
    """Both axes from 0 to 1, with their labels."""
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=x_label, ylabel=y_label)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))


def draw_svg(name: str, label: str, draw: Callable[[Axes], None]) -> Markup:
    """Draw on new axes.

    Args:
        name: Unique on the page; the ids of the drawing begin with it.
        label: Text for readers who do not see the drawing. It is part of the markup: no data.
        draw: Draws with the colours of this module.

    Returns:
        An `<svg>` element.
    """
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        # The font of the browser draws the text, whatever its script
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=_SIZE_IN, layout="constrained")
        draw(figure.add_subplot())
        text = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(text, format="svg", transparent=True, metadata=nothing)
    return Markup(_for_page(text.getvalue(), name, label))  # noqa: S704  # we drew it


def _for_page(svg: str, name: str, label: str) -> str:
    """Turn an SVG file into an element of an HTML page."""
    svg = svg[svg.index("<svg") :]
    box = re.search(r'viewBox="([^"]+)"', svg)
    body = svg[svg.index(">") + 1 :]
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)  # it would style the whole page
    body = re.sub(r"<[^>]*>", lambda tag: _tag_for_page(tag[0], name), body)
    viewbox = box.group(1) if box else ""
    return f'<svg viewBox="{viewbox}" role="img" aria-label="{label}">{body.strip()}'


def _tag_for_page(tag: str, name: str) -> str:
    """Rename ids and colours in one tag; the text between tags may hold a class name."""
    tag = re.sub(r'<g id="[^"]*"', "<g", tag)  # every drawing uses the same names
    tag = re.sub(r'\bid="', f'id="{name}-', tag)
    tag = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', tag)
    tag = tag.replace("url(#", f"url(#{name}-")
    tag = tag.replace("font-family: 'DejaVu Sans'", "font-family: var(--sans)")
    for colour, variable in _VARIABLES.items():
        tag = tag.replace(colour, f"var(--{variable})")
    return tag
