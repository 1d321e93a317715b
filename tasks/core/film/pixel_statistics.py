"""Trivial statistics of the grey pixels of a film: baselines for a model, and signs of drift."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.sharpness import laplacian_variance

SIDE_PX = 224  # statistics are taken from a copy of this size, so that all films are comparable
BORDER_PX = 11  # 5 % of 224
BLACK = 2  # grey level; compression turns black areas into levels 0 to 2


def pixel_statistics(grey: Image.Image) -> dict[str, float]:
    """Compute six statistics of one film, from a copy stretched to 224 x 224 px.

    The sums are sums of integers, so their order does not matter.

    Args:
        grey: Mode L, any size.

    Returns:
        mean: Mean of all pixels, grey levels 0 to 255.
        contrast: Population standard deviation of all pixels, grey levels.
        sharpness: Variance of the Laplacian, see `tasks.core.film.sharpness`.
        noise: Standard deviation of the noise, grey levels, see `noise_level`.
        border: Mean of the outermost 5 % (11 px) at each side, grey levels.
        black_share: Share of pixels at or below BLACK, 0 to 1.

    Example:
        >>> pixel_statistics(Image.new("L", (300, 400), 90))["mean"]
        90.0
    """
    pixels = np.asarray(_stretched(grey), dtype=np.int64)  # (224, 224)
    mean, variance = _mean_and_variance(pixels)
    return {
        "mean": mean,
        "contrast": math.sqrt(variance),
        "sharpness": laplacian_variance(pixels),
        "noise": noise_level(pixels),
        "border": _border_mean(pixels),
        "black_share": int(np.count_nonzero(pixels <= BLACK)) / pixels.size,
    }


def noise_level(pixels: NDArray[np.int64]) -> float:
    """Estimate the standard deviation of the noise from second differences in both directions.

    Structures that are linear over 3 px cancel out. Fine structures and text do not, so the
    estimate is an upper bound.

    Args:
        pixels: (H, W) int64, at least 3 x 3.

    Source:
        Immerkaer, Fast noise variance estimation, Computer Vision and Image Understanding 64(2),
        1996: sqrt(pi / 2) / 6 times the mean of |I * N|, N = [[1 -2 1], [-2 4 -2], [1 -2 1]].
    """
    down = pixels[:-2] - 2 * pixels[1:-1] + pixels[2:]
    both: NDArray[np.int64] = np.abs(down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:])
    return math.sqrt(math.pi / 2) / 6 * (int(both.sum()) / both.size)


def _stretched(grey: Image.Image) -> Image.Image:
    # reducing_gap averages by integer factors first, which takes a quarter of the time
    size = (SIDE_PX, SIDE_PX)
    return grey.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)


def _mean_and_variance(values: NDArray[np.int64]) -> tuple[float, float]:
    total, squares = int(values.sum()), int((values * values).sum())
    # All integers are exact; only the last division rounds
    variance = (squares * values.size - total * total) / values.size**2
    return total / values.size, variance


def _border_mean(pixels: NDArray[np.int64]) -> float:
    inner = pixels[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    return int(pixels.sum() - inner.sum()) / (pixels.size - inner.size)
