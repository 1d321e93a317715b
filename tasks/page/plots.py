"""Plots of the page of one model."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from tasks.core.statistics.arrays import Bools, Floats
from tasks.page.svg_drawing import ACCENT, CARD, INK, MUTED, draw_svg

N_SCORE_BINS = 20
_LONGEST_NAME = 44  # characters; a longer text would leave no room for the axes


def plot_raw_scores(prob: Floats, positive: Bools, names: tuple[str, str]) -> Markup:
    """Histogram of the raw scores: bars up for films with a finding, bars down for the others.

    Args:
        prob: (n,) float64 in [0, 1], score of a finding before calibration.
        positive: (n,) bool, true where the film has a finding.
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
        ground: dict[str, Any] = {"facecolor": CARD, "edgecolor": "none", "pad": 1.5}
        bold: dict[str, Any] = {"fontweight": "bold", "va": "center", "bbox": ground}
        axes.text(0.03, 0.78 * limit, _short(names[0]), color=ACCENT, **bold)
        axes.text(0.97, -0.78 * limit, _short(names[1]), color=MUTED, ha="right", **bold)
        axes.set(xlim=(0, 1), ylim=(-limit, limit), xlabel="Raw score of a finding")
        axes.set_ylabel("Test films")
        axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
        axes.grid(visible=False, axis="x")

    return draw_svg("raw-scores", "Histogram of the raw scores of the test films by label", draw)


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

    return draw_svg(f"training-{name.lower()}", f"{name} by epoch of training", draw)


def _short(name: str) -> str:
    """One line with the beginning and the end of a long name."""
    name, half = " ".join(name.split()), _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}…{name[1 - half :]}"
