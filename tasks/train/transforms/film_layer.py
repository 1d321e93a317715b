"""One layer for all transforms of a single film: position, grey levels and image quality."""

import keras
from keras import ops

from tasks.train.transforms.degradation import add_noise, blur_films, compress
from tasks.train.transforms.grey_levels import change_grey_levels
from tasks.train.transforms.presets import Augmentation
from tasks.train.transforms.resampling import draw_windows, resample_films

# Each transform has its own columns of random draws, used or not: switching one transform on
# leaves the draws of the others unchanged.
_DRAWS = (
    *("zoom", "shift_x", "shift_y", "rotation", "horizontal_flip", "vertical_flip"),
    *("crop_area", "crop_ratio", "crop_x", "crop_y"),
    *("brightness", "contrast", "gamma", "blur", "noise", "jpeg"),
)
_COLUMN = {name: number for number, name in enumerate(_DRAWS)}


class AugmentFilms(keras.Layer):  # type: ignore[misc]
    """Transforms each film of a batch with its own draws: (B, H, W, 1) float32 in [0, 1], same out.

    The order is that of image acquisition: position, blur, grey levels, noise, compression. Pixels
    from outside the film are black. All moves of a film are one resampling: each resampling blurs
    the film a little and costs a pass over the pixels. The layer computes in float32 under mixed
    precision too: float16 would round a pixel position to 1 in 2,048.

    Args:
        augmentation: Transforms and their strength; `mixup` is another layer.
        seed: Seed of the random draws.
    """

    def __init__(self, augmentation: Augmentation, seed: int) -> None:
        super().__init__(name="augment_film", dtype="float32")
        self._augmentation = augmentation
        self._seeds = keras.random.SeedGenerator(seed)

    def call(self, films: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Transform the films in training; return them unchanged otherwise."""
        if not training:
            return films
        strength = self._augmentation
        draws = self._draw(ops.shape(films)[0])
        if strength.resamples:
            films = resample_films(films, draw_windows(strength, draws))
        if strength.blur:
            films = blur_films(films, strength.blur * ops.abs(draws["blur"]))
        if strength.changes_grey_levels:
            films = change_grey_levels(films, strength, draws)
        if strength.noise:
            films = add_noise(films, strength.noise * ops.abs(draws["noise"]), self._seeds)
        if strength.jpeg_min_quality < 100:
            worst = 100.0 - strength.jpeg_min_quality
            films = compress(films, 100.0 - worst * ops.abs(draws["jpeg"]))
        return films

    def _draw(self, n_films: int) -> dict[str, keras.KerasTensor]:
        """Random numbers by name: (B, 1) float32 in [-1, 1)."""
        shape = (n_films, len(_COLUMN))
        drawn = keras.random.uniform(shape, -1.0, 1.0, dtype="float32", seed=self._seeds)
        return {name: drawn[:, column : column + 1] for name, column in _COLUMN.items()}
