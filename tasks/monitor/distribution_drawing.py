"""Two distributions of one feature over each other, as inline SVG."""

import math
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from tasks.core.statistics.arrays import Floats

_WIDTH, _HEIGHT = 380, 190  # units of the drawing, about pixels on a phone
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 34, 34
_N_BINS = 24
_STEPS = (1, 2, 2.5, 5, 10)  # round numbers between ticks, times a power of 10


@dataclass(frozen=True)
class DistributionBins:
    """Shares of the films of both sides in the same bins: edges (k + 1,), shares (k,)."""

    edges: Floats
    reference: Floats
    inbox: Floats


def bin_both(reference: Floats, inbox: Floats) -> DistributionBins:
    """Put the numbers of both sides into the same bins.

    Args:
        reference: (n,) numbers of the training.
        inbox: (m,) numbers of new films.

    Example:
        >>> bins = bin_both(np.array([0.0, 1.0]), np.array([1.0]))
        >>> bins.reference[[0, -1]].tolist(), float(bins.inbox[-1])
        ([0.5, 0.5], 1.0)
    """
    both = np.concatenate([reference, inbox])
    low, high = float(both.min()), float(both.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _N_BINS + 1)
    shares = [np.histogram(side, edges)[0] / len(side) for side in (reference, inbox)]
    return DistributionBins(edges, *shares)


def draw_distributions(bins: DistributionBins, title: str) -> Markup:
    """Draw both as steps: the training filled, the new films as a line of dashes.

    Args:
        bins: From `bin_both`.
        title: Feature and unit, below the axis; our own words.
    """
    most = max(float(bins.reference.max()), float(bins.inbox.max()))
    parts = [
        *_axis(bins, most),
        f'<path class="before" d="{_steps(bins.edges, bins.reference, most)}"/>',
        f'<path class="now" d="{_steps(bins.edges, bins.inbox, most)}"/>',
        f'<text class="title" x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 4}"'
        f' text-anchor="middle">{title}</text>',
        *_legend(),
    ]
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="moved" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}: new'
        f' films and films of the training">{"".join(parts)}</svg>'
    )


def _x(edges: Floats, value: float) -> float:
    span = float(edges[-1] - edges[0])
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (value - float(edges[0])) / span


def _y(share: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * share / most


def _steps(edges: Floats, shares: Floats, most: float) -> str:
    """Path of a histogram, from the ground and back to it."""
    path = f"M{_x(edges, float(edges[0])):.1f} {_y(0, most):.1f}"
    for right, share in zip(edges[1:].tolist(), shares.tolist(), strict=True):
        path += f"V{_y(share, most):.1f}H{_x(edges, right):.1f}"
    return path + f"V{_y(0, most):.1f}"


def _axis(bins: DistributionBins, most: float) -> list[str]:
    ground = _y(0, most)
    parts = [f'<path class="axis" d="M{_LEFT} {ground:.1f}H{_WIDTH - _RIGHT}"/>']
    for value in round_ticks(float(bins.edges[0]), float(bins.edges[-1])):
        x, text = _x(bins.edges, value), f"{value:g}".replace("-", "\N{MINUS SIGN}")
        parts.append(f'<path class="axis" d="M{x:.1f} {ground:.1f}v4"/>')
        parts.append(f'<text x="{x:.1f}" y="{ground + 14:.1f}" text-anchor="middle">{text}</text>')
    for share in (most, most / 2):
        y = _y(share, most)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(
            f'<text x="{_LEFT - 5}" y="{y:.1f}" dy=".35em" text-anchor="end">'
            f"{100 * share:.0f} %</text>"
        )
    return parts


def _legend() -> list[str]:
    middle = _LEFT + 150
    return [
        f'<path class="before" d="M{_LEFT} 14v-8h22v8z"/>'
        f'<text class="name" x="{_LEFT + 28}" y="14">films of the training</text>',
        f'<path class="now" d="M{middle} 10h22"/>'
        f'<text class="name" x="{middle + 28}" y="14">new films</text>',
    ]


def round_ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`, at most six.

    Example:
        >>> round_ticks(61.6, 170.2)
        [75.0, 100.0, 125.0, 150.0]
    """
    power = 10.0 ** math.floor(math.log10((high - low) / 5))
    step = next(power * one for one in _STEPS if (high - low) / (power * one) <= 5)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{step * k:.10g}") for k in range(first, last + 1)]
