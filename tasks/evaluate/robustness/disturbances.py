"""Eight disturbances of a film at five strengths each.

The model is MedMNIST-C: realistic damage, five strengths, the labels unchanged. Its values for the
chest films of PneumoniaMNIST are taken over for JPEG, gamma, contrast and size. Its noise (0.04 to
0.08 of the range) spans a factor of 2 only, here one of 6. Its blur (0.8 to 2 px of 224) changes
hardly a pixel of a square of 64 px, so ours starts in the middle of it. Shift and rotation are not
in MedMNIST-C: their values are ours, from a hardly visible to a badly positioned patient.

A square is disturbed after it was scaled, so that lengths are shares of its side: the damage is
the same at every size. JPEG is the exception, because its blocks have 8 px.

Source: Di Salvo, Doerrich and Ledig, "MedMNIST-C", arXiv 2406.17536, 2024, with the values in
github.com/francescodisalvo05/medmnistc-api. The five strengths come from Hendrycks and Dietterich,
"Benchmarking Neural Network Robustness to Common Corruptions", ICLR 2019.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.exposure import adjust_gamma

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats

Change = Callable[[Pixels, float, np.random.Generator], Pixels]
_KEEP_EDGE = "nearest"  # uncovered pixels repeat the edge: a black margin would be a new sign


@dataclass(frozen=True)
class Disturbance:
    """One kind of damage.

    name: as in the report. unit: what a value means. values: from mild to strong.
    change: (square (H, W) uint8, value, generator of the film) -> square (H, W) uint8.
    """

    name: str
    unit: str
    values: tuple[float, float, float, float, float]
    change: Change


def disturb(
    films: Pixels, image_ids: Sequence[str], disturbance: Disturbance, value: float, seed: int
) -> Pixels:
    """Disturb films. What is drawn at random depends on the seed, the film and the name only.

    So the order of the films changes nothing, and each strength takes the same noise or direction.

    Args:
        films: (n, H, W, 1) uint8.
        image_ids: Id of each film.
        disturbance: One of `DISTURBANCES`.
        value: Strength in the unit of the disturbance.
        seed: Seed of the grid.

    Returns:
        Films of the same shape, uint8.
    """
    changed = [
        disturbance.change(film[..., 0], value, film_generator(disturbance.name, image_id, seed))
        for film, image_id in zip(films, image_ids, strict=True)
    ]
    return np.stack(changed)[..., np.newaxis]


def film_generator(purpose: str, image_id: str, seed: int) -> np.random.Generator:
    """Random generator of one film for one purpose, independent of all other films."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{image_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def _jpeg(square: Pixels, quality: float, _: np.random.Generator) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(square).save(file, "JPEG", quality=int(quality))
    return np.asarray(Image.open(file))


def _blur(square: Pixels, sigma: float, _: np.random.Generator) -> Pixels:
    blurred = ndimage.gaussian_filter(
        square.astype(np.float64), sigma * len(square), mode=_KEEP_EDGE
    )
    return _grey_levels(blurred)


def _gamma(square: Pixels, factor: float, rng: np.random.Generator) -> Pixels:
    return np.asarray(adjust_gamma(square, _factor_or_inverse(factor, rng)))


def _contrast(square: Pixels, factor: float, rng: np.random.Generator) -> Pixels:
    mean = square.mean()
    return _grey_levels(mean + (square - mean) * _factor_or_inverse(factor, rng))


def _noise(square: Pixels, sigma: float, rng: np.random.Generator) -> Pixels:
    return _grey_levels(square + 255 * sigma * rng.standard_normal(square.shape))


def _shift(square: Pixels, share: float, rng: np.random.Generator) -> Pixels:
    angle = rng.uniform(0, 2 * np.pi)
    offset = share * len(square) * np.array([np.sin(angle), np.cos(angle)])
    moved = ndimage.shift(square.astype(np.float64), offset, order=1, mode=_KEEP_EDGE)
    return _grey_levels(moved)


def _rotation(square: Pixels, degrees: float, rng: np.random.Generator) -> Pixels:
    turned = ndimage.rotate(
        square.astype(np.float64),
        degrees * rng.choice([-1, 1]),
        reshape=False,
        order=1,
        mode=_KEEP_EDGE,
    )
    return _grey_levels(turned)


def _size(square: Pixels, share: float, _: np.random.Generator) -> Pixels:
    side = len(square)
    small = max(1, round(share * side))
    film = Image.fromarray(square).resize((small, small), Image.Resampling.BOX)
    return np.asarray(film.resize((side, side), Image.Resampling.BILINEAR))


def _factor_or_inverse(factor: float, rng: np.random.Generator) -> float:
    """The factor for one half of the films, its inverse for the other half."""
    return factor if rng.random() < 0.5 else 1 / factor


def _grey_levels(values: Floats) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


DISTURBANCES = (
    Disturbance("jpeg", "quality of libjpeg, 1 to 100", (50, 30, 15, 10, 7), _jpeg),
    Disturbance(
        "blur",
        "standard deviation of the Gaussian, share of the side",
        (0.006, 0.01, 0.015, 0.022, 0.03),
        _blur,
    ),
    Disturbance(
        "gamma",
        "exponent; its inverse for half of the films",
        (1.1, 1.2, 1.3, 1.4, 1.6),
        _gamma,
    ),
    Disturbance(
        "noise",
        "standard deviation of the Gaussian, share of the range of grey levels",
        (0.02, 0.04, 0.06, 0.08, 0.12),
        _noise,
    ),
    Disturbance(
        "shift",
        "distance in a random direction, share of the side",
        (0.02, 0.04, 0.06, 0.08, 0.1),
        _shift,
    ),
    Disturbance("rotation", "degrees to a random side", (2, 4, 6, 10, 15), _rotation),
    Disturbance(
        "size",
        "side to which the square is reduced before it is enlarged again, share of the side",
        (0.8, 0.7, 0.6, 0.5, 0.4),
        _size,
    ),
    Disturbance(
        "contrast",
        "factor of the distance from the mean grey level; its inverse for half of the films",
        (1.1, 1.2, 1.3, 1.4, 1.6),
        _contrast,
    ),
)
