"""Negative controls: films without lungs, on which an honest network must be near chance.

What a control blanks does not depend on the film: the box of `find_lungs` is found less often in
films with pneumonia, so its place alone would tell the label. Blanked pixels take the mean of the
pixels that stay: the mean of the whole film would carry the brightness of the lungs along.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Bools
from tasks.evaluate.robustness.disturbances import film_generator

# Half axes of the region that holds both lungs, shares of the side, and the exponent of its shape:
# 2 is an ellipse, large ones a rectangle. The corners with shoulders and side letters stay.
# Source: measured on the 640 films of the phantom with their true lungs, stretched to squares. It
# holds 99.6 % of their lung pixels, 93 % of those of the worst film, on 78 % of the square.
LUNGS_HALF_WIDTH, LUNGS_HALF_HEIGHT, LUNGS_EXPONENT = 0.46, 0.48, 3
LUNGS_COVERED = 0.996
RING = 1 / 16  # width of the outer ring, share of the side
PATCHES = 8  # patches along a side
_THUMBNAIL_PX = 8

Control = Callable[[Pixels, np.random.Generator], Pixels]


@dataclass(frozen=True)
class NegativeControl:
    """One way to take the lungs out of a film.

    what_is_left: plain words. if_shown: what it means that the network still ranks these films.
    blank: (square (H, W) uint8, generator of the film) -> square.
    """

    name: str
    what_is_left: str
    if_shown: str
    blank: Control


def without_lungs(
    films: Pixels, image_ids: Sequence[str], control: NegativeControl, seed: int
) -> Pixels:
    """Apply a negative control to films.

    Args:
        films: (n, H, W, 1) uint8.
        image_ids: Id of each film.
        control: One of `CONTROLS`.
        seed: Seed of the shuffled patches.

    Returns:
        Films of the same shape, uint8.
    """
    changed = [
        control.blank(film[..., 0], film_generator(control.name, image_id, seed))
        for film, image_id in zip(films, image_ids, strict=True)
    ]
    return np.stack(changed)[..., np.newaxis]


def lung_region(side_px: int) -> Bools:
    """Where the lungs of almost all films are: (side_px, side_px) bool.

    Example:
        >>> lung_region(8)[0].sum(), lung_region(8)[4].sum()
        (np.int64(4), np.int64(8))
    """
    places = (np.arange(side_px) + 0.5) / side_px - 0.5
    across = np.abs(places / LUNGS_HALF_WIDTH) ** LUNGS_EXPONENT
    down = np.abs(places / LUNGS_HALF_HEIGHT) ** LUNGS_EXPONENT
    inside: Bools = down[:, np.newaxis] + across[np.newaxis, :] <= 1
    return inside


def _lungs_blanked(square: Pixels, _: np.random.Generator) -> Pixels:
    return _blanked(square, lung_region(len(square)))


def _border_only(square: Pixels, _: np.random.Generator) -> Pixels:
    ring_px = max(1, round(RING * len(square)))
    inside = np.zeros(square.shape, dtype=bool)
    inside[ring_px:-ring_px, ring_px:-ring_px] = True
    return _blanked(square, inside)


def _blanked(square: Pixels, region: Bools) -> Pixels:
    """Replace a region by the mean grey level of the rest."""
    level = np.uint8(np.rint(square[~region].mean()))
    return np.where(region, level, square)


def _patches_shuffled(square: Pixels, rng: np.random.Generator) -> Pixels:
    """Shuffle square patches; what is left over at the right and the bottom stays."""
    patch_px = max(1, len(square) // PATCHES)
    n = len(square) // patch_px
    used_px = n * patch_px
    patches = square[:used_px, :used_px].reshape(n, patch_px, n, patch_px).swapaxes(1, 2)
    shuffled = rng.permutation(patches.reshape(n * n, patch_px, patch_px))
    result = square.copy()
    result[:used_px, :used_px] = (
        shuffled.reshape(n, n, patch_px, patch_px).swapaxes(1, 2).reshape(used_px, used_px)
    )
    return result


def _thumbnail(square: Pixels, _: np.random.Generator) -> Pixels:
    small = Image.fromarray(square).resize((_THUMBNAIL_PX, _THUMBNAIL_PX), Image.Resampling.BOX)
    return np.asarray(small.resize(square.shape, Image.Resampling.BILINEAR))


WITHOUT_LUNGS = "lungs_blanked"  # its AUROC has a floor of its own
CONTROLS = (
    NegativeControl(
        WITHOUT_LUNGS,
        "corners with shoulders and side letters, and the border",
        "Part of what it uses lies outside the lungs.",
        _lungs_blanked,
    ),
    NegativeControl(
        "border_only",
        "the outer ring, one sixteenth of the side wide",
        "Part of what it uses lies at the border of the film.",
        _border_only,
    ),
    NegativeControl(
        "patches_shuffled",
        "grey levels and texture of 64 patches in a random order, without anatomy",
        "Part of what it uses is grey levels and texture, wherever they lie.",
        _patches_shuffled,
    ),
    NegativeControl(
        "thumbnail",
        "8 x 8 grey levels: exposure, framing and large shapes, without detail of a lung",
        "Part of what it uses is exposure, framing or large shapes.",
        _thumbnail,
    ),
)
