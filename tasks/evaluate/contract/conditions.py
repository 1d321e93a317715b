"""The validation films as other machines and smaller files would show them, with Pillow and NumPy.

Each change stands for one other place: all of its films are changed in the same way. The code is
separate from the augmentation of the training, and the augmentation never sharpens.
"""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from tasks.core.decision.log_odds import Logits
from tasks.core.image_store.store import Pixels
from tasks.evaluate.repeated_inference import FilmReader

if TYPE_CHECKING:
    import keras

FilmChange = Callable[[Image.Image, np.random.Generator], Image.Image]

_HALF, _LANCZOS = 2, Image.Resampling.LANCZOS
_JPEG_QUALITY = 15
_NOISE_LEVELS = 8.0  # grey levels, standard deviation
_SEED = 0


def logits_of_changes(model: "keras.Model", images: Pixels) -> dict[str, Logits]:
    """Logits of films under each of `CHANGES`: as many forward passes as there are changes.

    Args:
        model: From `load_classifier`.
        images: (n, H, W, 1) uint8.

    Returns:
        (n, n_classes) float32 by the name of the change.

    Raises:
        EvaluationError: The films have another size than those of the training, or a logit is not
            a finite number.
    """
    reader = FilmReader(model)
    return {
        name: reader.read(degrade(images[..., 0], change)[..., np.newaxis])[0]
        for name, change in CHANGES.items()
    }


def degrade(films: Pixels, change: FilmChange) -> Pixels:
    """Change every film, the same way in every run: (N, H, W) uint8 -> (N, H, W) uint8."""
    rng = np.random.default_rng(_SEED)
    return np.stack([np.asarray(change(Image.fromarray(film), rng)) for film in films])


def halved(film: Image.Image, _: np.random.Generator) -> Image.Image:
    """Scale a film to half its size and back."""
    return film.resize((film.width // _HALF, film.height // _HALF), _LANCZOS).resize(
        film.size, _LANCZOS
    )


def sharpened(film: Image.Image, _: np.random.Generator) -> Image.Image:
    """Sharpen a film by 50 %."""
    return film.filter(ImageFilter.UnsharpMask(radius=1.0, percent=50, threshold=0))


def compressed(film: Image.Image, _: np.random.Generator) -> Image.Image:
    """Compress a film as a JPEG of low quality."""
    file = io.BytesIO()
    film.save(file, "JPEG", quality=_JPEG_QUALITY)
    return Image.open(file).convert("L")


def noisy(film: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Add Gaussian noise."""
    levels = np.asarray(film) + rng.normal(0.0, _NOISE_LEVELS, (film.height, film.width))
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


CHANGES: dict[str, FilmChange] = {
    change.__name__: change
    for change in (halved, sharpened, compressed, noisy, darker, lighter, closer, farther)
}


def _framed(film: Image.Image, share: float) -> Image.Image:
    middle_x, middle_y = film.width / 2, film.height / 2
    left, top = middle_x * (1 - share), middle_y * (1 - share)
    matrix = (share, 0.0, left, 0.0, share, top)
    return film.transform(
        film.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=0
    )
