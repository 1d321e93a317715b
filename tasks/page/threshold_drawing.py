"""Paths of the plots whose markers the script moves.

The drawings have simple scales, so that the script can place a marker: a unit square is
`PLOT_SIDE` units wide and high, and y grows downwards.
"""

from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_curve

from tasks.core.statistics.arrays import Bools, Floats
from tasks.page.curve_points import roc_points

PLOT_SIDE = 200
N_BARS = 20


def draw_roc(prob: Floats, positive: Bools) -> str:
    """Path of the ROC curve; empty if the films have one class only.

    Args:
        prob: (n,) float64 in [0, 1], probability of a finding.
        positive: (n,) bool, true where the film has a finding.
    """
    if positive.all() or not positive.any():
        return ""
    false_alarm_rate, sensitivity = roc_points(prob, positive)
    return _path(false_alarm_rate, sensitivity)


def draw_precision(prob: Floats, positive: Bools) -> str:
    """Path of precision by sensitivity, without the last point, which no threshold has.

    scikit-learn adds the point (0, 1) at the end, where nothing is called. Arguments as `draw_roc`.
    """
    if not positive.any():
        return ""
    precision, sensitivity, _ = precision_recall_curve(positive, prob)
    return _path(sensitivity[:-1], precision[:-1])


def draw_bars(prob: Floats, positive: Bools) -> dict[str, Any]:
    """Bars of the histogram: films with a finding above the zero line, the others below.

    Returns:
        `bars`: for each bar with films, `x`, `y`, `width` and `height` in units of the drawing,
        `is_positive`, `n_films`, and `low`, `high`: its probabilities. `most`: films of the
        longest bar, half the height of the drawing.
    """
    edges = np.linspace(0, 1, N_BARS + 1)
    counts = {
        True: np.histogram(prob[positive], edges)[0],
        False: np.histogram(prob[~positive], edges)[0],
    }
    most = max(int(counts[True].max()), int(counts[False].max()), 1)
    bars = [
        _bar(place, int(count), most, is_positive=is_positive)
        for is_positive, of_side in counts.items()
        for place, count in enumerate(of_side)
        if count
    ]
    return {"bars": bars, "most": most}


def _bar(place: int, count: int, most: int, *, is_positive: bool) -> dict[str, Any]:
    width, middle = PLOT_SIDE / N_BARS, PLOT_SIDE / 2
    height = round(middle * count / most, 2)
    return {
        "x": round(place * width + 0.7, 2),
        "y": round(middle - height, 2) if is_positive else middle,
        "width": round(width - 1.4, 2),
        "height": height,
        "is_positive": is_positive,
        "n_films": count,
        "low": place / N_BARS,
        "high": (place + 1) / N_BARS,
    }


def _path(x: Floats, y: Floats) -> str:
    """SVG path through points of the unit square."""
    across, down = np.round(PLOT_SIDE * x, 2), np.round(PLOT_SIDE * (1 - y), 2)
    return "M" + "L".join(f"{a:g} {d:g}" for a, d in zip(across, down, strict=True))
