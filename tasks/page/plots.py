"""Plots of the page of one model."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from tasks.core.statistics.arrays import Bools, Floats
from tasks.page.curve_points import CalibrationBin
from tasks.page.svg_drawing import ACCENT, CARD, INK, MUTED, draw_svg, unit_square

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
        unit_square(axes, "False-alarm rate (1 \N{MINUS SIGN} specificity)", "Sensitivity")
        axes.legend(loc="lower right")

    return draw_svg("roc", "ROC curves of the test and validation films", draw)


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
        unit_square(axes, "Predicted probability of a finding", "Observed share with a finding")
        axes.legend(loc="upper left")

    return draw_svg("calibration", "Calibration curve of the test films", draw)


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

    return draw_svg("scores", "Histogram of the probabilities of the test films by label", draw)


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
