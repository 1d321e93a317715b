from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def build_linear() -> Callable[[np.ndarray], Any]:
    """Builder of a network without a convolution: logit c is the sum of weights[c] * grey / 255."""

    def build(weights: np.ndarray) -> Any:
        import keras
        from keras import layers

        n_classes, height, width = weights.shape
        images = keras.Input((height, width, 1), dtype="uint8")
        x = layers.Flatten()(layers.Rescaling(1 / 255, name="rescale")(images))
        x = layers.Dense(n_classes, name="logits")(x)
        model = keras.Model(images, layers.Softmax(name="predictions")(x))
        kernel = weights.reshape(n_classes, -1).T.astype(np.float32)
        model.get_layer("logits").set_weights([kernel, np.arange(n_classes, dtype=np.float32)])
        return model

    return build


@pytest.fixture
def build_corner() -> Callable[[], Any]:
    """Builder of a network that looks at the lower right quarter of a film of 24 x 24 px only.

    Class 1 is more likely the brighter the quarter is.
    """

    def build(places: Sequence[slice] = (slice(12, 24), slice(12, 24))) -> Any:
        import keras
        from keras import layers

        images = keras.Input((24, 24, 1), dtype="uint8")
        x = layers.Rescaling(1 / 255, name="rescale")(images)
        x = layers.ReLU(name="relu")(layers.Conv2D(1, 1, name="conv")(x))
        x = layers.Dense(2, name="logits")(layers.Flatten()(x))
        model = keras.Model(images, layers.Softmax(name="predictions")(x))
        model.get_layer("conv").set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
        kernel = np.zeros((24, 24, 2), dtype=np.float32)
        kernel[places[0], places[1], 1] = 0.1
        model.get_layer("logits").set_weights([kernel.reshape(-1, 2), np.zeros(2)])
        return model

    return build
