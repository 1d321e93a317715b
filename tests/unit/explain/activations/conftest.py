from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def build_edges() -> Callable[..., Any]:
    """Builder of a network with one convolution whose three channels are known.

    Channel 0 responds where a pixel is brighter than its left neighbour, channel 1 is the
    brightness, channel 2 is silent.
    """

    def build(n_classes: int = 2) -> Any:
        import keras
        import numpy as np
        from keras import layers

        images = keras.Input((16, 16, 1), dtype="uint8")
        x = layers.Rescaling(1 / 255, dtype="float32", name="rescale")(images)
        x = layers.Conv2D(3, (1, 2), name="edge_conv")(x)
        x = layers.GlobalAveragePooling2D()(layers.ReLU(name="edge_relu")(x))
        x = layers.Dense(n_classes, name="logits")(x)
        model = keras.Model(images, layers.Softmax(name="predictions")(x))
        kernel = np.array([[[[-1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]]], dtype=np.float32)
        model.get_layer("edge_conv").set_weights(
            [kernel, np.array([0.0, 0.0, -1.0], dtype=np.float32)]
        )
        return model

    return build
