"""Integrated gradients, with the noise of SmoothGrad."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from tasks.core.image_store.store import Pixels
from tasks.explain.attribution.scored_network import Float32s, ScoredNetwork

N_PATH_STEPS = 6  # each costs a gradient, which takes as long as three predictions
# Standard deviation as a share of the grey range of the film. SmoothGrad, section 3.1, takes 0.1 to
# 0.2 for photographs; on test films of the phantom 0.2 left few maps hottest in an opacity.
NOISE = 0.05
# Standard deviation as a share of the height: 2.5 px of 64. Single pixels mean little; tried on
# test films of the phantom, too.
BLUR = 2.5 / 64


def integrated_gradients(
    scored: ScoredNetwork, images: Pixels, classes: NDArray[np.int64], seed: int
) -> Float32s:
    """Share of each place in the difference of the score between a film and the average film.

    value = mean over steps m of (x + e_m - b) * d score / d pixel at b + a_m (x + e_m - b), where x
    is the film, b the average training film, a_m the middle of step m between 0 and 1, and e_m
    noise. The noise differs in each step and sums to zero in each pixel. Last, the map is blurred,
    which keeps its sum: single pixels mean little.

    Logits: the values sum to score(film) - score(average film), except for the error of the finite
    number of steps; in a linear network, exactly.

    Args:
        scored: The network.
        images: (N, H, W, 1) uint8.
        classes: (N, k) int64, the classes in question, no class twice for a film.
        seed: Seed of the noise, which is the same for each film.

    Returns:
        (N, k, H, W) float32.

    Source: Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks",
    arXiv:1703.01365, equation 3; Smilkov et al. 2017, "SmoothGrad", arXiv:1706.03825. One noise for
    each step, as in Erion et al. 2021, "Improving performance of deep learning models with
    axiomatic attribution priors and expected gradients", arXiv:1906.10670, equation 4.
    """
    noise = _noise(images.shape[1:], seed)
    n_maps = classes.shape[1]
    # the scores of all classes sum to zero, and so do their maps
    is_complete = n_maps == scored.n_classes
    maps = [
        _maps_of_class(scored, images, classes[:, column], noise)
        for column in range(n_maps - is_complete)
    ]
    if is_complete:
        maps.append(-np.stack(maps).sum(axis=0))
    sigma = BLUR * images.shape[1]
    return gaussian_filter(np.stack(maps, axis=1), sigma, axes=(2, 3), mode="reflect")


def _maps_of_class(
    scored: ScoredNetwork, images: Pixels, classes: NDArray[np.int64], noise: Float32s
) -> Float32s:
    """Maps (N, H, W) of one class for each film: classes (N,), noise (n_steps, H, W, 1)."""
    n_steps = len(noise)
    start = scored.average_film.astype(np.float32)
    spread: Float32s = np.ptp(images, axis=(1, 2, 3), keepdims=True).astype(np.float32)
    shares: Float32s = ((np.arange(n_steps) + 0.5) / n_steps).astype(np.float32)

    def difference(rows: NDArray[np.int64]) -> Float32s:
        films, steps = np.divmod(rows, n_steps)
        noisy: Float32s = images[films] + NOISE * spread[films] * noise[steps]
        moved: Float32s = noisy - start
        return moved

    def make_rows(rows: NDArray[np.int64]) -> Float32s:
        return start + shares[rows % n_steps].reshape(-1, 1, 1, 1) * difference(rows)

    n_rows = len(images) * n_steps
    gradients = scored.pixel_gradients(n_rows, make_rows, np.repeat(classes, n_steps))
    by_step = gradients * difference(np.arange(n_rows))[..., 0]
    maps: Float32s = by_step.reshape(len(images), n_steps, *images.shape[1:3]).mean(axis=1)
    return maps


def _noise(shape: tuple[int, ...], seed: int) -> Float32s:
    """Standard normal noise (n_steps, H, W, 1) float32 that sums to zero over the steps."""
    noise = np.random.default_rng(seed).standard_normal((N_PATH_STEPS, *shape), dtype=np.float32)
    return noise - noise.mean(axis=0)
