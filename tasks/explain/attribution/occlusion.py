"""Occlusion: how far a score falls when a square of the film is covered."""

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.attribution.class_scores import questioned_scores
from tasks.explain.attribution.covered_films import covered_logits
from tasks.explain.attribution.scored_network import Float32s, ScoredNetwork

N_SQUARES = 6  # along each side; each costs one prediction, and an opacity covers several


def occlusion(scored: ScoredNetwork, images: Pixels, classes: NDArray[np.int64]) -> Float32s:
    """Fall of the score when one square takes the grey of the average training film.

    The squares do not overlap. Logits: a value of 1.5 says that the score is 1.5 lower with this
    square covered; the values do not sum to the score. A negative value says that the class becomes
    more likely without the square.

    Args:
        scored: The network.
        images: (N, H, W, 1) uint8.
        classes: (N, k) int64, the classes in question.

    Returns:
        (N, k, n, n) float32, n = `N_SQUARES`, or a side of the film if that is less.

    Source: Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks",
    arXiv:1311.2901, section 4.2. There the square slides in smaller steps.
    """
    height, width = images.shape[1:3]
    sides = min(N_SQUARES, height), min(N_SQUARES, width)
    rows = np.arange(height) * sides[0] // height
    columns = np.arange(width) * sides[1] // width
    squares = rows[:, np.newaxis] * sides[1] + columns
    covered = covered_logits(
        scored, images, sides[0] * sides[1], lambda _, number: squares == number
    )
    whole = scored.logits(images)[:, np.newaxis]
    falls = questioned_scores(whole, classes) - questioned_scores(covered, classes)
    return np.moveaxis(falls, 1, 2).reshape(*classes.shape, *sides)
