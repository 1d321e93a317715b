"""Plots of the page on what one model is good for."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from tasks.page.figure_text import Finding
from tasks.page.svg_drawing import ACCENT, INK, MUTED, draw_svg, unit_square


def plot_reliability(reliability: Finding) -> Markup:
    """Predicted probability against observed frequency, before and after calibration.

    Args:
        reliability: `before` and `after`, lists of bins with `mean_probability`, `frequency`,
            `low` and `high` in [0, 1].
    """

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, dashes=(3, 3))
        for name, label, colour in (
            ("before", "not calibrated", MUTED),
            ("after", "calibrated", ACCENT),
        ):
            bins = [one for one in reliability[name] if one["frequency"] is not None]
            x = [one["mean_probability"] for one in bins]
            y = [one["frequency"] for one in bins]
            axes.plot(x, y, color=colour, marker="o", markersize=4, label=label, clip_on=False)
            if name == "after":
                known = [one for one in bins if one["low"] is not None]
                axes.vlines(
                    [one["mean_probability"] for one in known],
                    [one["low"] for one in known],
                    [one["high"] for one in known],
                    color=colour,
                    linewidth=0.9,
                )
        unit_square(axes, "Predicted probability", "Observed frequency")
        axes.legend(loc="upper left")

    return draw_svg("reliability", "Reliability diagram of the test films", draw)


def plot_risk_coverage(points: Sequence[Finding]) -> Markup:
    """Share of wrong calls among the films that are kept, by the share that is kept."""

    def draw(axes: Axes) -> None:
        known = [one for one in points if one["risk"] is not None]
        axes.plot([one["coverage"] for one in known], [one["risk"] for one in known], color=ACCENT)
        axes.set(xlabel="Share of films that is kept", ylabel="Share of wrong calls")
        axes.set(xlim=(0, 1), ylim=(0, None))

    return draw_svg("risk-coverage", "Risk by coverage of the test films", draw)


def plot_decision_curve(points: Sequence[Finding]) -> Markup:
    """Net benefit by threshold, against calling every film positive.

    Args:
        points: `threshold` in [0, 1], and `net_benefit` and `treat_all` as estimates or numbers.
    """

    def draw(axes: Axes) -> None:
        thresholds = [one["threshold"] for one in points]
        network = [_number(one["net_benefit"]) for one in points]
        low = [_end(one["net_benefit"], "low") for one in points]
        high = [_end(one["net_benefit"], "high") for one in points]
        axes.fill_between(thresholds, low, high, color=ACCENT, alpha=0.2, linewidth=0)
        axes.plot(thresholds, network, color=ACCENT, label="the network")
        treat_all = [_number(one["treat_all"]) for one in points]
        axes.plot(thresholds, treat_all, color=MUTED, label="call every film positive")
        axes.axhline(0, color=INK, linewidth=0.8, dashes=(4, 2), label="call none positive")
        highest = max([0.05, *(value for value in network if not np.isnan(value))])
        axes.set(xlim=(0, 1), ylim=(-0.3 * highest, 1.2 * highest))
        axes.set(xlabel="Threshold probability", ylabel="Net benefit")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, fontsize=7.5)

    return draw_svg("decision-curve", "Decision curve of the test films", draw)


def _number(found: Finding | float | None) -> float:
    """Value of an estimate or of a number; not a number where undefined, which draws nothing."""
    value = found if found is None or isinstance(found, int | float) else found["value"]
    return float("nan") if value is None else float(value)


def _end(found: Finding | float | None, end: str) -> float:
    if found is None or isinstance(found, int | float) or found[end] is None:
        return _number(found)
    return float(found[end])
