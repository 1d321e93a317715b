"""Random changes to training films, as layers of the compiled graph."""

from collections.abc import Iterator

import keras
from keras import layers

from tasks.params import AugmentParams

# float32 also under mixed precision: half floats hold a pixel position to 1 in 2,048 only
_PLACED = {"fill_mode": "constant", "fill_value": 0.0, "dtype": "float32"}
_TONED = {"value_range": (0.0, 1.0), "dtype": "float32"}


def augmentation_layers(params: AugmentParams, seed: int) -> Iterator[keras.Layer]:
    """Yield the layers that params switch on, each with a seed of its own.

    They take and give (B, H, W, 1) float32 in [0, 1] and do nothing at prediction. What a shift
    uncovers is black, as on an unexposed edge of a film.

    Args:
        params: Section `train.augment`.
        seed: First seed; layer k gets seed + k.
    """
    if params.flip:
        yield layers.RandomFlip("horizontal", seed=seed, dtype="float32", name="augment_flip")
    if params.rotation_deg:
        turns = params.rotation_deg / 360.0
        yield layers.RandomRotation(turns, seed=seed + 1, name="augment_rotation", **_PLACED)
    if params.zoom:
        zoom = (-params.zoom, params.zoom)
        yield layers.RandomZoom(zoom, seed=seed + 2, name="augment_zoom", **_PLACED)
    if params.shift:
        shift = (params.shift, params.shift)
        yield layers.RandomTranslation(*shift, seed=seed + 3, name="augment_shift", **_PLACED)
    if params.brightness:
        yield layers.RandomBrightness(
            params.brightness, seed=seed + 4, name="augment_brightness", **_TONED
        )
    if params.contrast:
        span = (params.contrast, params.contrast)  # one number would only raise it (Keras 3.15)
        yield layers.RandomContrast(span, seed=seed + 5, name="augment_contrast", **_TONED)
