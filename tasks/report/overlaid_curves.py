"""ROC curves and training curves of all networks, one drawing for each choice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from sklearn.metrics import roc_curve

from tasks.core.statistics.arrays import Floats

_SPLITS = {"test": "Test films", "validation": "Validation films"}
_MEASURES = {
    "eval/auroc": "AUROC, validation",
    "eval/loss": "Loss, validation",
    "train/loss": "Loss, training",
    "eval/accuracy": "Accuracy of the most probable class, validation",
    "train/accuracy": "Accuracy of the most probable class, training",
}
# False-alarm rates of the table below the ROC curves
_TABLE_RATES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
_FLAT = 1e-6  # ticks are rounded to ten digits
_MOST_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """`ticks`: text and share of the length from the start, each."""

    title: str
    ticks: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class OverlaidDrawing:
    """One drawing with a line for each network.

    name: id on the page. lines: (n, 2) shares of width and height by network, from the lower left
    corner. head, rows: the same numbers as a table.
    """

    name: str
    title: str
    x: Axis
    y: Axis
    lines: Mapping[str, Floats]
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]


def roc_drawings(summaries: Sequence[Mapping[str, Any]]) -> list[OverlaidDrawing]:
    """ROC curves of the test and of the validation films; none without a negative class.

    Args:
        summaries: Contents of `data/summaries/<model>.json`; `test_films` and `validation_films`
            hold `prob_positive`, and `outcome` or `positive`.
    """
    if summaries[0]["evaluation"]["negative_class"] is None:
        return []
    drawings = []
    for split, title in _SPLITS.items():
        tables = {one["model"]: one[f"{split}_films"] for one in summaries}
        found = {model: _roc_line(table) for model, table in tables.items()}
        lines = {model: line for model, line in found.items() if line is not None}
        if lines:
            drawings.append(_roc_drawing(split, title, lines))
    return drawings


def _roc_line(films: Mapping[str, Any]) -> Floats | None:
    """Points (false-alarm rate, sensitivity), (n, 2); None if a side has no film.

    Source: Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.
    """
    if "positive" in films:
        positive = np.array(films["positive"], dtype=bool)
    else:
        positive = np.isin(films["outcome"], ["TP", "FN"])
    if positive.all() or not positive.any():
        return None
    alarm_rate, sensitivity, _ = roc_curve(positive, films["prob_positive"])
    return np.stack([alarm_rate, sensitivity], axis=1)


def _roc_drawing(split: str, title: str, lines: Mapping[str, Floats]) -> OverlaidDrawing:
    ticks = [(f"{tick:.1f}", float(tick)) for tick in np.linspace(0, 1, _MOST_TICKS)]
    return OverlaidDrawing(
        name=f"roc-{split}",
        title=title,
        x=Axis("False-alarm rate (1 \N{MINUS SIGN} specificity)", ticks),
        y=Axis("Sensitivity", ticks),
        lines=lines,
        head=["False-alarm rate, at most", *lines],
        rows=[
            [f"{rate:.2f}", *(sensitivity_within(line, rate) for line in lines.values())]
            for rate in _TABLE_RATES
        ],
    )


def sensitivity_within(points: Floats, rate: float) -> float:
    """Highest sensitivity of a ROC curve with a false-alarm rate of `rate` or less.

    Args:
        points: (n, 2) false-alarm rate and sensitivity in [0, 1]; the curve begins at (0, 0).
        rate: In [0, 1].

    Example:
        >>> sensitivity_within(np.array([[0, 0], [0, 0.5], [0.2, 0.9], [1, 1]]), 0.1)
        0.5
    """
    return float(points[points[:, 0] <= rate, 1].max())


def training_drawings(summaries: Sequence[Mapping[str, Any]]) -> list[OverlaidDrawing]:
    """Each measure that was recorded, by epoch, on one axis for all networks.

    Args:
        summaries: Contents of `data/summaries/<model>.json`; `history` holds lists of numbers.
    """
    drawings = []
    for name, title in _MEASURES.items():
        curves = {one["model"]: one["history"].get(name, []) for one in summaries}
        curves = {model: values for model, values in curves.items() if values}
        if curves:
            drawings.append(_training_drawing(name.replace("/", "-"), title, curves))
    return drawings


def _training_drawing(
    name: str, title: str, curves: Mapping[str, Sequence[float]]
) -> OverlaidDrawing:
    n_epochs = max(len(values) for values in curves.values())
    low = min(min(values) for values in curves.values())
    high = max(max(values) for values in curves.values())
    y_ticks = nice_ticks(low, high)
    place_x = _scale(1, max(n_epochs, 2))
    place_y = _scale(y_ticks[0], y_ticks[-1])
    epochs = [tick for tick in nice_ticks(1, max(n_epochs, 2)) if 1 <= tick <= n_epochs]
    epochs = [tick for tick in epochs if tick == round(tick)]
    return OverlaidDrawing(
        name=f"training-{name}",
        title=title,
        x=Axis("Epoch", [(f"{tick:.0f}", float(place_x(tick))) for tick in epochs]),
        y=Axis(title, [(f"{tick:g}", float(place_y(tick))) for tick in y_ticks]),
        lines={model: _epoch_line(values, place_x, place_y) for model, values in curves.items()},
        head=["Epoch", *curves],
        rows=[
            [str(epoch + 1), *(_at(values, epoch) for values in curves.values())]
            for epoch in range(n_epochs)
        ],
    )


def nice_ticks(low: float, high: float) -> list[float]:
    """Round numbers that enclose a range, at most seven steps; a range of nothing is widened.

    Example:
        >>> nice_ticks(0.13, 0.71)
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    """
    if high - low < _FLAT:  # one epoch, or a measure that never changed
        low, high = low - 0.1, high + 0.1
    ticks = mpl.ticker.MaxNLocator(_MOST_TICKS, steps=[1, 2, 5, 10]).tick_values(low, high)
    return [round(float(tick), 10) for tick in ticks]


def _scale(start: float, end: float) -> Callable[[Any], Any]:
    return lambda value: (value - start) / (end - start)


def _epoch_line(
    values: Sequence[float], place_x: Callable[[Any], Any], place_y: Callable[[Any], Any]
) -> Floats:
    epochs = np.arange(1, len(values) + 1, dtype=np.float64)
    return np.stack([place_x(epochs), place_y(np.array(values, dtype=np.float64))], axis=1)


def _at(values: Sequence[float], epoch: int) -> float | None:
    return values[epoch] if epoch < len(values) else None
