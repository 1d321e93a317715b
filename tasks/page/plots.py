"""Plots as inline SVG. They take colours and font from the page, in light and dark mode.

A fixed hash salt and no metadata make the bytes depend on the numbers only.
"""

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tasks.core.statistics.arrays import Bools, Floats
from tasks.page.curve_points import CalibrationBin

# Placeholders: when the SVG is written, variables of the stylesheet replace these colours.
INK, MUTED, RULE, ACCENT, CARD = "#010101", "#020202", "#030303", "#040404", "#050505"
_VARIABLES = {INK: "ink", MUTED: "muted", RULE: "rule", ACCENT: "accent", CARD: "card"}

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
    "grid.color": RULE,
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
N_SCORE_BINS = 20
_LONGEST_NAME = 44  # characters; a longer text would leave no room for the axes


def plot_roc(
    curves: Mapping[str, tuple[Floats, Floats]], operating_point: tuple[float, float] | None
) -> Markup:
    """ROC curves and the operating point.

    Args:
        curves: (false-alarm rate, sensitivity) by split name, each (k,) in [0, 1]; the first
            curve has the accent colour.
        operating_point: False-alarm rate and sensitivity on test; None if undefined.
    """

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, dashes=(3, 3))
        drawn = zip(curves.items(), (ACCENT, MUTED), strict=False)
        for rank, ((name, (alarm_rate, sensitivity)), colour) in enumerate(drawn):
            axes.plot(
                alarm_rate, sensitivity, color=colour, label=name, zorder=4 - rank, clip_on=False
            )
        if operating_point is not None:
            axes.plot(
                *operating_point,
                marker="o",
                markersize=7,
                color=ACCENT,
                markeredgecolor=CARD,
                markeredgewidth=1.5,
                linestyle="none",
                label="operating point on test",
                zorder=6,
                clip_on=False,
            )
        _unit_square(axes, "False-alarm rate (1 \N{MINUS SIGN} specificity)", "Sensitivity")
        axes.legend(loc="lower right")

    return _svg("roc", "ROC curves of the test and validation films", draw)


def plot_calibration(
    uncalibrated: Sequence[CalibrationBin], calibrated: Sequence[CalibrationBin]
) -> Markup:
    """Calibration curve: predicted probability against observed share of films with a finding."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, dashes=(3, 3))
        axes.plot(
            [b.mean_prob for b in uncalibrated],
            [b.share for b in uncalibrated],
            color=MUTED,
            marker="o",
            markersize=4,
            markerfacecolor=CARD,
            linewidth=0.9,
            label="not calibrated",
            clip_on=False,
        )
        axes.vlines(
            [b.mean_prob for b in calibrated],
            [b.low for b in calibrated],
            [b.high for b in calibrated],
            color=ACCENT,
            linewidth=0.9,
        )
        axes.plot(
            [b.mean_prob for b in calibrated],
            [b.share for b in calibrated],
            color=ACCENT,
            marker="o",
            markersize=5,
            label="calibrated",
            clip_on=False,
            zorder=5,
        )
        _unit_square(axes, "Predicted probability of a finding", "Observed share with a finding")
        axes.legend(loc="upper left")

    return _svg("calibration", "Calibration curve of the test films", draw)


def plot_probabilities(
    prob: Floats, positive: Bools, threshold: float, names: tuple[str, str]
) -> Markup:
    """Histogram of the probabilities: bars up for films with a finding, bars down for the others.

    Args:
        prob: (n,) float64 in [0, 1], calibrated probability of a finding.
        positive: (n,) bool, true where the film has a finding.
        threshold: Operating point in [0, 1].
        names: Name of the films with a finding, and of the films without.
    """
    edges = np.linspace(0, 1, N_SCORE_BINS + 1)
    with_finding, _ = np.histogram(prob[positive], edges)
    without, _ = np.histogram(prob[~positive], edges)
    limit = 1.12 * max(int(with_finding.max()), int(without.max()), 1)

    def draw(axes: Axes) -> None:
        width = 0.86 / N_SCORE_BINS
        centres = (edges[:-1] + edges[1:]) / 2
        axes.bar(centres, with_finding, width, color=ACCENT)
        axes.bar(centres, -without, width, color=MUTED)
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.axvline(threshold, color=INK, linewidth=1, dashes=(4, 2))
        on_left = threshold > 0.5
        axes.text(
            threshold + (-0.015 if on_left else 0.015),
            0.97 * limit,
            f"threshold {threshold:.2f}",
            ha="right" if on_left else "left",
            va="top",
            fontsize=8.5,
        )
        ground: dict[str, Any] = {"facecolor": CARD, "edgecolor": "none", "pad": 1.5}
        bold: dict[str, Any] = {"fontweight": "bold", "va": "center", "bbox": ground}
        axes.text(0.03, 0.78 * limit, _short(names[0]), color=ACCENT, **bold)
        axes.text(0.97, -0.78 * limit, _short(names[1]), color=MUTED, ha="right", **bold)
        axes.set(xlim=(0, 1), ylim=(-limit, limit), xlabel="Probability of a finding")
        axes.set_ylabel("Test films")
        axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
        axes.grid(visible=False, axis="x")

    return _svg("scores", "Histogram of the probabilities of the test films by label", draw)


def plot_history(name: str, lines: Mapping[str, Sequence[float]], best_epoch: int) -> Markup:
    """One metric by epoch, for training and validation films.

    Args:
        name: Name of the metric on the axis, such as `Loss`.
        lines: Values by label; item k is epoch k + 1. The last line has the accent colour.
        best_epoch: Epoch with the kept weights, from 1.
    """

    def draw(axes: Axes) -> None:
        colours = (ACCENT,) if len(lines) == 1 else (MUTED, ACCENT)
        for (label, values), colour in zip(lines.items(), colours, strict=True):
            marker = "o" if len(values) == 1 else ""
            epochs = np.arange(1, len(values) + 1)
            axes.plot(epochs, values, color=colour, label=label, marker=marker)
        axes.axvline(best_epoch, color=INK, linewidth=0.8, dashes=(4, 2), label="weights kept")
        axes.set(xlabel="Epoch", ylabel=name)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(8, integer=True, min_n_ticks=1))
        axes.legend(loc="best")

    return _svg(f"training-{name.lower()}", f"{name} by epoch of training", draw)


def _short(name: str) -> str:
    """One line with the beginning and the end of a long name."""
    name, half = " ".join(name.split()), _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}…{name[1 - half :]}"


def _unit_square(axes: Axes, x_label: str, y_label: str) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=x_label, ylabel=y_label)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))


def _svg(name: str, label: str, draw: Callable[[Axes], None]) -> Markup:
    """Draw on new axes. Returns an `<svg>` element; its ids begin with the name."""
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
