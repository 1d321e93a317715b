"""Find the box around both lungs of a frontal chest film, without a trained model.

Method: a smoothed copy of the film, once as it is and once minus its background, is thresholded
at 12 grey levels. At each level every connected dark area is scored as a lung (area, width,
height, fill, contact with the edge of the film). Every pair with one area in each half is scored
as two lungs (symmetry, gap, common height, size and aspect ratio of the box around both). A score
is a product of trapezoids, so a single impossible value excludes a pair. The result is the median
of all boxes whose score is near the best one. It is then enlarged a little, because apices and
recesses are brighter than the thresholds.

Lungs with pneumonia are brighter and are found less often, so the box reveals the label in part.
The full frame was used for none of 42 normal films and for 26 % of 108 films with pneumonia of
Kermany's originals; at 224 px, for 2.5 % and 18.5 % of 200 each. A network can learn that, so
compare it with `region: none`.

Source:
    Several thresholds, judged by shape: Armato, Giger and MacMahon, Automated lung segmentation in
    digitized posteroanterior chest radiographs, Academic Radiology 5(4), 1998; rule-based methods
    in van Ginneken et al., Computer-aided diagnosis in chest radiography: a survey, IEEE
    Transactions on Medical Imaging 20(12), 2001. The numbers are ours. They were set on 160
    phantom films and checked by eye on real films.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.core.film.decode import Box
from tasks.core.film.found_region import NOT_FOUND, FoundRegion
from tasks.core.image_store.store import Pixels

# Score 0 below the first and above the last number, 1 between the second and the third
Trapezoid = tuple[float, float, float, float]

SMOOTHING = 1.5 / 96  # standard deviation of the Gaussian, share of the side
BACKGROUND = 1 / 8  # standard deviation for the background, share of the side
QUANTILES = np.linspace(0.10, 0.62, 12)  # thresholds, as shares of pixels that are darker
MIN_AREA = 0.01  # share of the film; smaller areas are not scored
NEAR_BEST = 0.85  # of the best score
BOX_MARGIN = (0.03, 0.04)  # added at each side, shares of width and height, so that no lung is cut
MIN_CONFIDENCE = 0.25  # below it, boxes on real films were wrong as often as right
# Shares of the film's width, height or area; 9 and 10 mean that there is no upper limit
LUNG_AREA: Trapezoid = (0.01, 0.05, 0.20, 0.30)
LUNG_WIDTH: Trapezoid = (0.07, 0.15, 0.40, 0.50)
LUNG_HEIGHT: Trapezoid = (0.20, 0.45, 0.90, 1.01)
LUNG_FILL: Trapezoid = (0.25, 0.50, 9, 10)  # area over the area of its box
LUNG_EDGE: Trapezoid = (-2, -1, 0.02, 0.50)  # contact with the edge of the film, in sides
PAIR_GAP: Trapezoid = (-0.10, 0.00, 0.22, 0.40)  # between the lungs: spine and heart
PAIR_OVERLAP: Trapezoid = (0.30, 0.80, 9, 10)  # common height over the smaller height
PAIR_AREAS: Trapezoid = (0.05, 0.45, 9, 10)  # smaller over larger: one lung may be white
PAIR_REACH: Trapezoid = (0.40, 0.75, 9, 10)  # from the middle outwards, smaller over larger
PAIR_MIDDLE: Trapezoid = (0.25, 0.40, 0.60, 0.75)
PAIR_WIDTH: Trapezoid = (0.35, 0.55, 0.90, 1.02)
PAIR_HEIGHT: Trapezoid = (0.35, 0.55, 0.95, 1.05)
PAIR_ASPECT: Trapezoid = (0.50, 0.75, 1.50, 2.20)  # width over height in px, not in shares


class DarkArea(NamedTuple):
    """A dark area that may be a lung. Edges and area are shares of the film."""

    left: float
    top: float
    right: float
    bottom: float
    area: float
    score: float


def find_lungs(image: Pixels, aspect: float) -> FoundRegion:
    """Find the box around both lungs.

    Args:
        image: (H, H) uint8, the whole film stretched to a small square (96 px).
        aspect: Width of the film over its height, before it was stretched.

    Returns:
        Region whose confidence is the score of the best pair, 0 to 1; it is not a probability.
        Below MIN_CONFIDENCE the result is the full frame with confidence 0.
    """
    from scipy import ndimage

    side = image.shape[0]
    smooth = ndimage.gaussian_filter(image.astype(np.float64), SMOOTHING * side, mode="nearest")
    background = ndimage.gaussian_filter(smooth, BACKGROUND * side, mode="nearest")
    pairs: list[tuple[float, ...]] = []
    for grey in (smooth, smooth - background):
        for level in np.quantile(grey, QUANTILES):
            areas = _dark_areas(grey < level)
            lefts = [area for area in areas if area.left + area.right < 1]
            rights = [area for area in areas if area.left + area.right >= 1]
            pairs += [_score_pair(left, right, aspect) for left, right in product(lefts, rights)]
    scored = np.array(pairs).reshape(-1, 5)  # score, left, top, right, bottom
    best = float(scored[:, 0].max(initial=0.0))
    if best < MIN_CONFIDENCE:
        return NOT_FOUND
    near = scored[scored[:, 0] >= NEAR_BEST * best]
    return FoundRegion(_enlarge(np.median(near[:, 1:], axis=0)), best)


def _dark_areas(dark: NDArray[np.bool_]) -> list[DarkArea]:
    """Connected dark areas that may be a lung."""
    from scipy import ndimage

    side = dark.shape[0]
    labels, n_areas = ndimage.label(dark)
    areas = np.bincount(labels.ravel(), minlength=n_areas + 1) / dark.size
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    contacts = np.bincount(edge, minlength=n_areas + 1) / side
    found = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        if areas[number] < MIN_AREA:
            continue
        left, right, top, bottom = (
            float(end) / side for end in (columns.start, columns.stop, rows.start, rows.stop)
        )
        width, height, area = right - left, bottom - top, float(areas[number])
        score = (
            _within(area, LUNG_AREA)
            * _within(width, LUNG_WIDTH)
            * _within(height, LUNG_HEIGHT)
            * _within(area / (width * height), LUNG_FILL)
            * _within(float(contacts[number]), LUNG_EDGE)
        )
        if score > 0:
            found.append(DarkArea(left, top, right, bottom, area, score))
    return found


def _score_pair(a: DarkArea, b: DarkArea, aspect: float) -> tuple[float, ...]:
    """Score two areas as the lungs; return the score and left, top, right, bottom around both.

    Args:
        a: Area in the left half of the film.
        b: Area in the right half of the film.
        aspect: Width over height of the film.
    """
    left, right = min(a.left, b.left), max(a.right, b.right)
    top, bottom = min(a.top, b.top), max(a.bottom, b.bottom)
    middle = (a.right + b.left) / 2
    common = min(a.bottom, b.bottom) - max(a.top, b.top)
    score = (
        (a.score * b.score) ** 0.5
        * _within(b.left - a.right, PAIR_GAP)
        * _within(common / min(a.bottom - a.top, b.bottom - b.top), PAIR_OVERLAP)
        * _within(min(a.area, b.area) / max(a.area, b.area), PAIR_AREAS)
        * _within(_ratio(middle - left, right - middle), PAIR_REACH)
        * _within(middle, PAIR_MIDDLE)
        * _within(right - left, PAIR_WIDTH)
        * _within(bottom - top, PAIR_HEIGHT)
        * _within(aspect * (right - left) / (bottom - top), PAIR_ASPECT)
    )
    return score, left, top, right, bottom


def _ratio(a: float, b: float) -> float:
    return min(a, b) / max(a, b)


def _within(value: float, trapezoid: Trapezoid) -> float:
    """1 for a likely value, 0 for an impossible one, linear between."""
    lowest, low, high, highest = trapezoid
    return max(
        0.0, min(1.0, (value - lowest) / (low - lowest), (highest - value) / (highest - high))
    )


def _enlarge(box: NDArray[np.float64]) -> Box:
    left, top, right, bottom = (float(edge) for edge in box)
    across, along = BOX_MARGIN[0] * (right - left), BOX_MARGIN[1] * (bottom - top)
    return (
        max(0.0, left - across),
        max(0.0, top - along),
        min(1.0, right + across),
        min(1.0, bottom + along),
    )
