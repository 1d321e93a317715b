"""Heat maps against the true opacities of synthetic films."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.core.statistics.arrays import Bools, Floats
from tasks.explain.grading.film_means import mean_estimate, share_estimate
from tasks.explain.grading.map_scale import scale_maps


def is_hit(heat: Floats, opacities: Bools) -> bool:
    """Whether the hottest place lies in an opacity, without tolerance: the pointing game.

    If several pixels are hottest, more than half of them must lie there. A map where nothing
    speaks for the class is a miss.

    Args:
        heat: (s, s) float.
        opacities: (s, s) bool.

    Source: Zhang et al. 2018, "Top-Down Neural Attention by Excitation Backprop",
    arXiv:1608.00507, section 4.1.
    """
    return bool(heat.max() > 0 and opacities[heat == heat.max()].mean() > 0.5)


def overlap(heat: Floats, opacities: Bools) -> float:
    """Intersection over union of the opacities and the hottest places, as many as they fill.

    Of equal heat at the limit, all places count. Places that do not speak for the class never do.

    Args:
        heat: (s, s) float.
        opacities: (s, s) bool, at least one True.
    """
    limit = np.partition(heat.ravel(), -int(opacities.sum()))[-int(opacities.sum())]
    hot = (heat >= limit) & (heat > 0)
    return float((hot & opacities).sum() / (hot | opacities).sum())


def against_opacities(
    maps: Floats, opacities: Bools, patients: Sequence[str], seed: int
) -> dict[str, Any]:
    """Pointing game and overlap over films, beside what a map without knowledge would reach.

    By chance, a random pixel hits with the share a of the film that the opacities fill, and a
    random place of their size overlaps by a^2 / (2 a - a^2) = a / (2 - a).

    Args:
        maps: (N, h, w), the maps for the class of the label; at least one film.
        opacities: (N, s, s) bool, at least one True in each film.
        patients: Patient of each film.
        seed: Seed of the resamples.
    """
    scaled = scale_maps(maps, opacities.shape[1])
    pairs = list(zip(scaled, opacities, strict=True))
    area = opacities.mean(axis=(1, 2))
    return {
        "pointing_game": share_estimate(np.array([is_hit(*pair) for pair in pairs]), patients),
        "chance": float(area.mean()),
        "iou": mean_estimate([overlap(*pair) for pair in pairs], patients, seed),
        "iou_chance": float((area / (2 - area)).mean()),
        "n_films": len(pairs),
    }
