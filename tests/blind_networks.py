"""Networks that look at one part of a film only, and films whose class shows in one part only."""

from typing import Any

import numpy as np
import pandas as pd

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Bools
from tasks.evaluate.robustness.negative_controls import lung_region


def parts(size_px: int) -> dict[str, Bools]:
    """Where each network looks: the outermost pixels, or the middle of the lungs."""
    border = np.ones((size_px, size_px), dtype=bool)
    border[1:-1, 1:-1] = False
    middle = np.zeros_like(border)
    middle[size_px // 4 : -size_px // 4, size_px // 4 : -size_px // 4] = True
    return {"border": border, "lungs": middle & lung_region(size_px)}


def draw_parts(samples: pd.DataFrame, part: Bools, seed: int = 2) -> Pixels:
    """Draw grey noise in which one part is brighter in most positive films: (n, H, W) uint8."""
    rng = np.random.default_rng(seed)
    films = rng.integers(90, 140, (len(samples), *part.shape))
    brighter = rng.normal(25, 10, len(samples)) * samples["class_index"].to_numpy()
    films = films + np.rint(brighter)[:, np.newaxis, np.newaxis].astype(int) * part
    return np.clip(films, 0, 255).astype(np.uint8)


def mean_of_part(part: Bools) -> Any:
    """Build a network whose log-odds rise with the mean grey level of one part."""
    import keras
    from keras import layers

    images = keras.Input((*part.shape, 1), dtype="uint8")
    x = layers.Flatten()(layers.Rescaling(1 / 255, dtype="float32")(images))
    head = layers.Dense(2, name="logits")
    model = keras.Model(images, layers.Softmax(name="predictions")(head(x)))
    weights = np.zeros((part.size, 2), dtype=np.float32)
    weights[:, 1] = 60 * part.ravel() / part.sum()
    head.set_weights([weights, np.array([0, -60 * 127 / 255], dtype=np.float32)])
    return model
