"""Degrade validation films as other machines and smaller files would, with Pillow and NumPy.

Each change is made to all films, to the negative films only and to the positive films only. A
change of one class reverses a shortcut, but it does not matter to a network that uses the lungs.
The code is separate from the augmentation; the augmentation never sharpens.
"""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.auroc import auroc

Change = Callable[[Image.Image, np.random.Generator], Image.Image]

HALF, LANCZOS = 2, Image.Resampling.LANCZOS
JPEG_QUALITY = 15
NOISE_LEVELS = 8.0  # grey levels, standard deviation
SEED = 0


def halved(film: Image.Image, _: np.random.Generator) -> Image.Image:
    """Scale a film to half its size and back."""
    return film.resize((film.width // HALF, film.height // HALF), LANCZOS).resize(
        film.size, LANCZOS
    )


def sharpened(film: Image.Image, _: np.random.Generator) -> Image.Image:
    """Sharpen a film by 50 %."""
    return film.filter(ImageFilter.UnsharpMask(radius=1.0, percent=50, threshold=0))


def compressed(film: Image.Image, _: np.random.Generator) -> Image.Image:
    """Compress a film as a JPEG of low quality."""
    file = io.BytesIO()
    film.save(file, "JPEG", quality=JPEG_QUALITY)
    return Image.open(file).convert("L")


def noisy(film: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Add Gaussian noise."""
    levels = np.asarray(film) + rng.normal(0.0, NOISE_LEVELS, (film.height, film.width))
    return Image.fromarray(np.rint(levels.clip(0, 255)).astype(np.uint8))


def darker(film: Image.Image, _: np.random.Generator) -> Image.Image:
    """Darken a film with gamma 1.4."""
    return film.point([round(255 * (level / 255) ** 1.4) for level in range(256)])


def lighter(film: Image.Image, _: np.random.Generator) -> Image.Image:
    """Brighten a film with gamma 1 / 1.4."""
    return film.point([round(255 * (level / 255) ** (1 / 1.4)) for level in range(256)])


def closer(film: Image.Image, _: np.random.Generator) -> Image.Image:
    """Enlarge the inner 85 % of each side."""
    return _framed(film, 0.85)


def farther(film: Image.Image, _: np.random.Generator) -> Image.Image:
    """Shrink a film to 85 % of each side; the border is black."""
    return _framed(film, 1 / 0.85)


# Kermany's normal test films differ so from the training films: they are softer (variance of the
# Laplacian 67, training 79), and their JPEG quality is lower (75, training 95). The films with
# pneumonia hardly differ. Sources: the sharpness was measured on all films at 224 px; the quality
# is from published audits of the original files.
SOFTENED = ("halved, negative", "compressed, negative")

CHANGES: dict[str, Change] = {
    change.__name__: change
    for change in (halved, sharpened, compressed, noisy, darker, lighter, closer, farther)
}


def degrade(films: Pixels, change: Change) -> Pixels:
    """Change every film, the same way in every run: (N, H, W) uint8 -> (N, H, W) uint8."""
    rng = np.random.default_rng(SEED)
    return np.stack([np.asarray(change(Image.fromarray(film), rng)) for film in films])


def degraded_aurocs(
    score: Callable[[Pixels], NDArray[np.float64]], films: Pixels, positive: NDArray[np.bool_]
) -> dict[str, float]:
    """Compute the AUROC under each condition, such as `halved, all`.

    Args:
        score: Function (N, H, W) uint8 -> (N,) float64; a higher score is more positive.
        films: Validation films, (N, H, W) uint8.
        positive: Whether each film is positive, (N,) bool.
    """
    plain = score(films)
    found = {}
    for name, change in CHANGES.items():
        changed = score(degrade(films, change))
        found[f"{name}, all"] = auroc(changed, positive)
        found[f"{name}, negative"] = auroc(np.where(positive, plain, changed), positive)
        found[f"{name}, positive"] = auroc(np.where(positive, changed, plain), positive)
    return found


def _framed(film: Image.Image, share: float) -> Image.Image:
    middle_x, middle_y = film.width / 2, film.height / 2
    left, top = middle_x * (1 - share), middle_y * (1 - share)
    matrix = (share, 0.0, left, 0.0, share, top)
    return film.transform(
        film.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=0
    )
