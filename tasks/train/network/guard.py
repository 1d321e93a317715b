"""A guard in the saved network: a film that the network was not made for gets NaN.

The input is uint8, and Keras casts other numbers without a word: a film divided by 255 becomes
black, and a network answers with certainty. The guard looks at the pixels after this cast. It
consists of standard layers of Keras, so that the file needs none of our code.
"""

from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from keras import layers
from numpy.typing import NDArray

from tasks.core.classifier import LOGITS_LAYER
from tasks.core.image_store.store import ImageStore, Pixels

_Floats = NDArray[np.float32]

EXCESS_LAYER = "guard_excess"
_GRID = 16  # cells along a side; films are compared at this size
_MIN_LEVEL, _MAX_LEVEL = 18, 251
_MAX_FILMS = 2000  # films that are read to choose the limits
_MAX_REFUSED = 0.001  # share of the training films beyond a limit
_STEEP = 1e6  # an excess above 1e-6 refuses
_VARIANCE = 1e-3  # added to the variance of a film, which is 0 for one grey level

# Source: measured on 640 films of the phantom and 2,655 films of four public collections (Kermany,
# two sets with COVID, NIH), with the mean film of the phantom and with that of Kermany's films.
# Similarity was 0.06 or more (below 0 for 3 films of 2,655, with Kermany's mean film); to the
# turned mean film at most 0.41 more, to the upside-down one 0.12 more. At least 0.58 of the pixels
# lay between the levels. The cells' brightest pixels were at most 44 levels above the mean.
_LIMITS = {
    "inverted": 0.02,
    "turned_left": -0.42,
    "turned_right": -0.42,
    "upside_down": -0.2,
    "scaled": 0.45,
    "wrapped": -0.2,  # of 255 levels
}
_REASONS = {
    "inverted": "similarity to the mean training film below 0.02: grey levels inverted, or one grey"
    " level only",
    "turned_left": "similarity to the mean training film higher by 0.42 if that is turned left",
    "turned_right": "similarity to the mean training film higher by 0.42 if that is turned right",
    "upside_down": "similarity to the mean training film higher by 0.2 if that is upside down",
    "scaled": f"less than 0.45 of the pixels from {_MIN_LEVEL} to {_MAX_LEVEL}: divided by 255,"
    " scaled to -1..1, standardised, cut to few grey levels, or a mask",
    "wrapped": "brightest pixels of small cells above the mean by 0.2 of the range: 16 bits cut to"
    " 8, a mean subtracted, or noise",
}
REFUSALS = {
    "sign": "all probabilities of the film are NaN",
    "reasons_in": f"layer {EXCESS_LAYER}: one number for each reason, above 0 if it applies",
    "reasons": _REASONS,
    "limits": "wider where more than 0.1 % of the training films lie beyond a limit",
}


@dataclass(frozen=True)
class FilmGuard:
    """Weights of the guard: features @ kernel + bias is the excess of a film over each limit.

    kernel: (n_features, n_reasons) float32. bias: (n_reasons,) float32.
    """

    kernel: _Floats
    bias: _Floats


def guard_films(samples: pd.DataFrame, store: ImageStore) -> Pixels:
    """Read training films for `fit_guard`: all, or evenly spaced ones of a large set.

    Args:
        samples: Table of samples.
        store: Pixels of the films.
    """
    train = samples[samples["split"] == "train"]
    step = -(-len(train) // _MAX_FILMS)
    return store.read(list(train["image_id"][::step]))


def fit_guard(films: Pixels) -> FilmGuard:
    """Choose the weights of the guard.

    Args:
        films: (n, H, W, 1) uint8, of the training split.
    """
    images = keras.Input(films.shape[1:], dtype="uint8")
    features = keras.Model(images, _features(images)).predict(films, verbose=0)
    kernel = _kernel(_mean_cells(films))
    bias = np.array(list(_LIMITS.values()), dtype=np.float32)
    excess = features @ kernel + bias
    beyond = np.quantile(excess, 1 - _MAX_REFUSED, axis=0, method="higher")
    bias -= np.where(beyond > 0, beyond + _VARIANCE, 0).astype(np.float32)
    return FilmGuard(kernel, bias)


def add_guard(model: keras.Model, guard: FilmGuard) -> keras.Model:
    """Put the guard between the softmax and the output of a classifier.

    Args:
        model: images (B, H, W, 1) uint8 -> probabilities, with a layer `logits`.
        guard: From `fit_guard`, on films of the same size.

    Returns:
        Model with the same layers up to `logits`. Its output `predictions` is (B, n_classes)
        float32: the probabilities, or NaN if a film is refused.
    """
    same = {"dtype": "float32", "trainable": False}
    excess = layers.Dense(len(_LIMITS), name=EXCESS_LAYER, **same)
    values = layers.Reshape((len(_LIMITS), 1), name="guard_reasons", **same)(
        excess(_features(model.input))
    )
    excess.set_weights([guard.kernel, guard.bias])
    worst = layers.GlobalMaxPooling1D(name="guard_worst", **same)(values)
    steep = layers.Rescaling(-_STEEP, 1.0, name="guard_steep", **same)(worst)
    accepted = layers.ReLU(1.0, name="guard_accepted", **same)(steep)  # 1, or 0 if refused
    # x / |x| is 1, or NaN for 0
    one_or_nan = layers.RMSNormalization(epsilon=0.0, name="guard_nan", **same)(accepted)
    probabilities = layers.Softmax(name="probabilities", dtype="float32")(
        model.get_layer(LOGITS_LAYER).output
    )
    guarded = layers.Multiply(name="predictions", dtype="float32")([probabilities, one_or_nan])
    return keras.Model(model.input, guarded, name=model.name)


def _features(images: keras.KerasTensor) -> keras.KerasTensor:
    """Features of each film, (B, n_cells + 3) float32.

    They are the standardised mean of each cell; the share of the pixels between two grey levels;
    the mean of the cells' maxima and of the cells' means, as shares of 255.
    """
    same = {"dtype": "float32", "trainable": False}
    last = {"data_format": "channels_last", **same}
    cell_px = _cell_px(images.shape[1])
    levels = layers.Rescaling(1.0, name="guard_levels", **same)(images)
    means = layers.AveragePooling2D(cell_px, name="guard_means", **last)(levels)
    maxima = layers.MaxPooling2D(cell_px, name="guard_maxima", **last)(levels)
    cells = layers.LayerNormalization(
        epsilon=_VARIANCE, center=False, scale=False, name="guard_film", **same
    )(layers.Flatten(name="guard_cells", **last)(means))
    above = layers.Rescaling(1.0, 1.0 - _MIN_LEVEL, name="guard_above", **same)(levels)
    below = layers.Rescaling(-1.0, 1.0 + _MAX_LEVEL, name="guard_below", **same)(levels)
    between = layers.Multiply(name="guard_between", **same)(
        [
            layers.ReLU(1.0, name="guard_is_above", **same)(above),
            layers.ReLU(1.0, name="guard_is_below", **same)(below),
        ]
    )
    numbers = [
        layers.GlobalAveragePooling2D(name=f"guard_mean{number}", **last)(values)
        for number, values in enumerate((between, maxima, means))
    ]
    return layers.Concatenate(name="guard_features", **same)([cells, *numbers])


def _kernel(mean: _Floats) -> _Floats:
    """Weights of the features, (n_cells + 3, n_reasons), for the cells (g, g) of a mean film."""
    upright, left, right, upside_down = (
        (cells - cells.mean()) / np.sqrt(cells.var() + _VARIANCE) / cells.size
        for cells in (mean, np.rot90(mean), np.rot90(mean, -1), mean[::-1])
    )
    columns = [-upright, left - upright, right - upright, upside_down - upright]
    kernel = np.zeros((mean.size + 3, len(_LIMITS)), dtype=np.float32)
    kernel[:-3, : len(columns)] = np.stack([column.ravel() for column in columns], axis=1)
    kernel[-3, 4] = -1.0
    kernel[-2:, 5] = 1.0 / 255, -1.0 / 255
    return kernel


def _mean_cells(films: Pixels) -> _Floats:
    """Mean film, as the means of its cells, (g, g)."""
    cell_px = _cell_px(films.shape[1])
    n = films.shape[1] // cell_px
    mean = films.mean(axis=(0, 3))[: n * cell_px, : n * cell_px]
    cells: _Floats = mean.reshape(n, cell_px, n, cell_px).mean(axis=(1, 3))
    return cells


def _cell_px(size_px: int) -> int:
    return max(1, size_px // _GRID)
