from collections.abc import Callable
from typing import Any, get_args

import pytest

from tasks.core.params.reporting import ExplainParams, MethodName

NetworkBuilder = Callable[..., Any]
Explain = Callable[..., Any]


@pytest.fixture
def build_vgg() -> NetworkBuilder:
    """Builder of a small network with the layer names of the zoo and fixed random weights."""

    def build(size_px: int = 16, n_classes: int = 2, dtype: str = "float32") -> Any:
        import keras
        from keras import layers

        keras.utils.set_random_seed(7)
        images = keras.Input((size_px, size_px, 1), dtype="uint8")
        x = layers.Rescaling(1 / 255, dtype=dtype)(images)
        x = layers.RandomTranslation(0.2, 0.2, name="augment_shift", dtype=dtype)(x)
        for block, n_filters in ((1, 4), (2, 6)):
            for place in (1, 2):
                name = f"block{block}_{{}}{place}"
                convolution = layers.Conv2D(
                    n_filters, 3, padding="same", name=name.format("conv"), dtype=dtype
                )
                x = layers.ReLU(name=name.format("relu"), dtype=dtype)(convolution(x))
                x = layers.BatchNormalization(name=name.format("bn"), dtype=dtype)(x)
            x = layers.MaxPooling2D(name=f"block{block}_pool", dtype=dtype)(x)
            x = layers.Dropout(0.25, name=f"block{block}_dropout", dtype=dtype)(x)
        x = layers.Flatten(name="flatten", dtype=dtype)(x)
        x = layers.Dense(n_classes, name="logits", dtype="float32")(x)
        x = layers.Softmax(name="predictions", dtype="float32")(x)
        return keras.Model(images, x)

    return build


@pytest.fixture
def build_by_hand() -> NetworkBuilder:
    """Builder of a network that is small enough to explain by hand.

    Channel 0 is 2x, channel 1 is ReLU(2 - x); logit 1 is 3 mean(A0) - 8 mean(A1); logit 0 is
    minus the sum of both means.
    """

    def build(logit_bias: float = 0.0) -> Any:
        import keras
        import numpy as np
        from keras import layers

        images = keras.Input((2, 2, 1), dtype="uint8")
        x = layers.Rescaling(1.0)(images)
        x = layers.Conv2D(2, 1, name="only_conv")(x)
        x = layers.ReLU(name="only_relu")(x)
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dense(2, name="logits")(x)
        model = keras.Model(images, layers.Softmax(name="predictions")(x))
        model.get_layer("only_conv").set_weights(
            [np.array([[[[2.0, -1.0]]]], dtype=np.float32), np.array([0.0, 2.0], dtype=np.float32)]
        )
        model.get_layer("logits").set_weights(
            [
                np.array([[-1.0, 3.0], [-1.0, -8.0]], dtype=np.float32),
                np.array([0.0, logit_bias], dtype=np.float32),
            ]
        )
        return model

    return build


@pytest.fixture
def params() -> ExplainParams:
    return ExplainParams(
        film_px=128,
        n_shared=0,
        n_per_outcome=1,
        methods=list(get_args(MethodName)),
        n_lime_samples=100,
        n_graded=1,
        n_activation_films=1,
        n_maximised=0,
        seed=3,
    )


@pytest.fixture
def explain() -> Explain:
    """Wrap a network as a model to explain."""

    def wrap(network: Any, average_grey: int = 90) -> Any:
        import numpy as np

        from tasks.explain.explained_model import ExplainedModel

        classes = tuple(f"CLASS_{number}" for number in range(network.output_shape[-1]))
        average = np.full(network.input_shape[1:], average_grey, dtype=np.uint8)
        return ExplainedModel("by_hand", network, classes, classes[0], 0.5, ("TP",), average)

    return wrap
