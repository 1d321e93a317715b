"""Small networks with random weights, saved form: the last layers differ."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import layers

from tasks.core.image_store.store import Pixels
from tasks.train.network.ensemble import average_logits
from tasks.train.network.guard import add_guard, fit_guard

SIZE_PX, N_CLASSES = 32, 3
Head = Callable[[keras.KerasTensor], keras.KerasTensor]


def films(n: int = 6) -> Pixels:
    """Draw films with a bright middle, which the guard accepts: (n, 32, 32, 1) uint8."""
    rng = np.random.default_rng(1)
    rows = np.hanning(SIZE_PX + 2)[1:-1]
    middle = 60 + 120 * np.outer(rows, rows)
    noise = rng.integers(0, 40, (n, SIZE_PX, SIZE_PX))
    return (middle + noise).astype(np.uint8)[..., np.newaxis]


def pooled(x: keras.KerasTensor) -> keras.KerasTensor:
    """Global mean of each map, then dropout: a linear head."""
    x = layers.GlobalAveragePooling2D(name="head_pool")(x)
    return layers.Dropout(0.5, name="head_dropout")(x)


def flattened(x: keras.KerasTensor) -> keras.KerasTensor:
    """All places of all maps: a linear head with other weights at each place."""
    return layers.Flatten(name="flatten")(x)


def hidden(x: keras.KerasTensor) -> keras.KerasTensor:
    """A hidden layer with ReLU."""
    x = layers.Dense(5, name="fc1")(layers.Flatten(name="flatten")(x))
    return layers.ReLU(name="fc1_relu")(x)


def convolutional(
    head: Head, seed: int = 0, *, policy: str = "float32", convolutions: int = 2
) -> keras.Model:
    """Build a classifier of blocks [conv, ReLU, BN, pool] with moving statistics that matter."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(policy)
    try:
        images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8", name="images")
        x = layers.Rescaling(1 / 255, dtype="float32", name="rescale")(images)
        for number in range(convolutions):
            x = layers.Conv2D(4 + number, 3, padding="same", name=f"conv{number}")(x)
            x = layers.ReLU(name=f"relu{number}")(x)
            x = layers.BatchNormalization(name=f"bn{number}")(x)
            x = layers.MaxPooling2D(name=f"pool{number}")(x)
        logits = layers.Dense(N_CLASSES, dtype="float32", name="logits")(head(x))
        probabilities = layers.Softmax(dtype="float32", name="predictions")(logits)
        model = keras.Model(images, probabilities, name="small")
    finally:
        keras.config.set_dtype_policy("float32")
    rng = np.random.default_rng(seed)
    model.set_weights([one + rng.uniform(-0.1, 0.1, one.shape) for one in model.get_weights()])
    return model


def averaged(head: Head, n_seeds: int = 2) -> keras.Model:
    """Average the logits of networks with different seeds."""
    models: Sequence[keras.Model] = [convolutional(head, seed) for seed in range(n_seeds)]
    return average_logits(models)


def guarded(model: keras.Model) -> keras.Model:
    """Add the guard, fitted to `films`."""
    return add_guard(model, fit_guard(films()))
