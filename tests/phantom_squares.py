"""Small phantom films, and what stands in for the features of a network."""

from dataclasses import replace

import numpy as np

from tasks.core.image_store.store import Pixels
from tasks.core.phantom.anatomy import (
    Anatomy,
    sample_anatomy,
    sample_exposure,
    sample_opacities,
)
from tasks.core.phantom.radiograph import draw_synthetic_film

SIZE_PX = 64


def phantom_squares(n: int, seed: int, adult: bool = False) -> Pixels:
    """Draw n square films of n patients, every second one with an opacity: (n, 64, 64, 1)."""
    squares = []
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        body = sample_anatomy(rng)
        exposure = replace(sample_exposure(rng), width_px=SIZE_PX, height_px=SIZE_PX, blur_px=0.5)
        opacities = sample_opacities(rng, body, ("", "bacteria")[number % 2])
        body = grown_up(body) if adult else body
        squares.append(draw_synthetic_film(body, opacities, exposure, rng).pixels)
    return np.stack(squares)[..., np.newaxis]


def grown_up(body: Anatomy) -> Anatomy:
    """Lengthen the lungs; make heart, mediastinum and ribs smaller beside them."""
    x, y, length, height = body.heart
    right, left = body.domes
    first, spacing, drop, fall, half = body.ribs
    return replace(
        body,
        domes=(right + 0.2, left + 0.2),
        heart=(x, y + 0.2, 0.7 * length, 0.7 * height),
        mediastinum=0.7 * body.mediastinum,
        ribs=(first, 1.2 * spacing, 1.3 * drop, fall, half),
    )


def features_of(images: Pixels) -> np.ndarray:
    """Return (n, 48) float32: half of a random projection of the pixels is cut off at 0."""
    weights = np.random.default_rng(0).normal(size=(images[0].size, 48)) / images[0].size
    return np.maximum(images.reshape(len(images), -1) @ weights, 0).astype(np.float32)
