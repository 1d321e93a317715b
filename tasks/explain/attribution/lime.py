"""LIME: a linear model of the score near one film, with a weight for each superpixel."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.attribution.class_scores import questioned_scores
from tasks.explain.attribution.covered_films import covered_logits
from tasks.explain.attribution.scored_network import Float32s, ScoredNetwork
from tasks.explain.attribution.superpixels import lime_segments

KERNEL_WIDTH = 0.25  # of the cosine distance: the default of the authors' library for films
# Keeps the weights finite where copies are few. With 1, the default of the authors' library, the
# weights of our few copies would be a fifth too small.
RIDGE = 0.05


def lime(
    scored: ScoredNetwork,
    images: Pixels,
    classes: NDArray[np.int64],
    n_samples: int,
    seed: int,
) -> Float32s:
    """Weight of the superpixel of each pixel in a linear model of the score.

    Copies of the film have half of their superpixels covered, drawn at random; each copy is
    followed by its opposite. A ridge regression predicts the score of a copy from which superpixels
    it shows. A copy counts by exp(-d^2 / 0.25^2), where d is its cosine distance from the whole
    film.

    Logits: a value of 1.5 says that the score is 1.5 higher, on the mean over the copies, if this
    superpixel is shown and not covered. Every pixel of a superpixel holds the value of the whole
    superpixel, so the values of pixels do not sum to the score.

    Args:
        scored: The network.
        images: (N, H, W, 1) uint8.
        classes: (N, k) int64, the classes in question.
        n_samples: Copies of each film, at least 2; an odd number is rounded down.
        seed: Seed of the draw, which is the same for each film.

    Returns:
        (N, k, H, W) float32.

    Source: Ribeiro, Singh and Guestrin 2016, "Why Should I Trust You?", arXiv:1602.04938, section
    3.4. Opposite copies: Covert and Lee 2021, "Improving KernelSHAP", arXiv:2012.01536, section 4.
    """
    segments = lime_segments(images)
    shown = [_draw(int(one.max()) + 1, n_samples, seed) for one in segments]

    def cover(film: int, copy: int) -> NDArray[np.bool_]:
        return ~shown[film][copy][segments[film]]

    logits = covered_logits(scored, images, len(shown[0]), cover)
    weights = _fit(shown, questioned_scores(logits, classes))
    return np.stack([one[:, numbers] for one, numbers in zip(weights, segments, strict=True)])


def _draw(n_superpixels: int, n_samples: int, seed: int) -> NDArray[np.bool_]:
    """The whole film, then pairs of opposite copies: (1 + n_samples, n) bool, True is shown."""
    half = np.random.default_rng(seed).random((n_samples // 2, n_superpixels)) < 0.5
    pairs = np.stack([half, ~half], axis=1).reshape(-1, n_superpixels)
    return np.concatenate([np.ones((1, n_superpixels), dtype=bool), pairs])


def _fit(shown: Sequence[NDArray[np.bool_]], scores: Float32s) -> list[Float32s]:
    """Weights (k, n) of the superpixels of each film: scores (N, 1 + n_samples, k)."""
    weights = []
    for copies, target in zip(shown, scores.astype(np.float64), strict=True):
        weights.append(_ridge(copies.astype(np.float64), target, _nearness(copies)))
    return weights


def _ridge(
    copies: NDArray[np.float64], target: NDArray[np.float64], counts: NDArray[np.float64]
) -> Float32s:
    """Weights (k, n) of a ridge regression whose rows count by `counts`, with a free intercept.

    copies: (n_copies, n). target: (n_copies, k). counts: (n_copies,).

    Source: Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 2009,
    equation 3.44, on values less their weighted means.
    """
    centred = copies - np.average(copies, axis=0, weights=counts)
    weighted = centred.T * counts
    normal = weighted @ centred + RIDGE * np.eye(copies.shape[1])
    above = target - np.average(target, axis=0, weights=counts)
    return np.linalg.solve(normal, weighted @ above).T.astype(np.float32)


def _nearness(shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much each copy counts: shown (n_copies, n) bool -> (n_copies,) in (0, 1].

    The cosine between a copy with m of n superpixels and the whole film is sqrt(m / n).
    """
    distance = 1 - np.sqrt(shown.mean(axis=1))
    return np.exp(-((distance / KERNEL_WIDTH) ** 2))
