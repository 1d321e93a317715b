"""One layer for all changes to a single film: where it lies, its grey levels, its quality."""

import keras
from keras import ops

from tasks.train.augmentation.presets import Changes
from tasks.train.augmentation.quality import add_noise, blur, compress
from tasks.train.augmentation.tone import shift_tones
from tasks.train.augmentation.view import draw_view, resample

# One column of draws per change, on or off: to switch one on leaves the others as they were.
_DRAWS = (
    *("zoom", "shift_x", "shift_y", "rotation", "horizontal_flip", "vertical_flip"),
    *("crop_area", "crop_ratio", "crop_x", "crop_y"),
    *("brightness", "contrast", "gamma", "blur", "noise", "jpeg"),
)
COLUMN = {name: number for number, name in enumerate(_DRAWS)}


class Augment(keras.Layer):  # type: ignore[misc]
    """Changes each film of a batch on its own: (B, H, W, 1) float32 in [0, 1], same out.

    In the order in which a film comes about: position, blur, grey levels, noise, compression.
    What a change uncovers is black, as on an unexposed edge of a film. In float32 also under
    mixed precision: half floats hold a pixel position to 1 in 2,048 only.

    Args:
        changes: What is switched on. `mixup` is a layer of its own.
        seed: Of the draws.
    """

    def __init__(self, changes: Changes, seed: int) -> None:
        super().__init__(name="augment_film", dtype="float32")
        self._changes = changes
        self._seeds = keras.random.SeedGenerator(seed)

    def call(self, films: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Change the films, or give them back as they are outside of training."""
        if not training:
            return films
        changes = self._changes
        draws = self._draw(ops.shape(films)[0])
        if changes.moves:
            films = resample(films, draw_view(changes, draws))
        if changes.blur:
            films = blur(films, changes.blur * ops.abs(draws["blur"]))
        if changes.tones:
            films = shift_tones(films, changes, draws)
        if changes.noise:
            films = add_noise(films, changes.noise * ops.abs(draws["noise"]), self._seeds)
        if changes.jpeg_min_quality < 100:
            worst = 100.0 - changes.jpeg_min_quality
            films = compress(films, 100.0 - worst * ops.abs(draws["jpeg"]))
        return films

    def _draw(self, n_films: int) -> dict[str, keras.KerasTensor]:
        """(B, 1) float32 in [-1, 1) by the name of each draw."""
        shape = (n_films, len(COLUMN))
        drawn = keras.random.uniform(shape, -1.0, 1.0, dtype="float32", seed=self._seeds)
        return {name: drawn[:, column : column + 1] for name, column in COLUMN.items()}
