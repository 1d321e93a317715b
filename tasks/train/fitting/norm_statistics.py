"""Statistics of batch normalisation, estimated anew from the training films."""

from collections.abc import Iterable, Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.train.fitting.batches import Batches
from tasks.train.fitting.compilation import uses_xla
from tasks.train.fitting.phases import all_layers

Norms = Sequence[keras.layers.BatchNormalization]
_Moments = NDArray[np.float64]  # (2, n_channels): mean, and mean of the squares


def estimate_statistics(model: keras.Model, films: Batches) -> None:
    """Replace mean and variance of each batch normalisation that learns by those of some films.

    The films pass once through the network as in training: with augmentation and dropout, and each
    batch normalised by its own statistics, as for the moving averages. The new mean and variance
    are those of all films together, not means of the batches. No other weight changes. Labels are
    not used, so partners of the amplitude mix may be of the same class.

    Args:
        model: From `build_classifier`. Frozen layers keep their statistics.
        films: Shuffled batches of training films.

    Source: Izmailov et al., UAI 2018, arXiv 1803.05407, section 3.2: after averaging, one pass over
    the data computes the statistics of the averaged weights.
    """
    norms = [
        layer
        for layer in all_layers(model)
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]
    if not norms:
        return
    running = _AsInTraining(model)
    running.compile(jit_compile=uses_xla())
    sizes, moments = [], []
    for number in range(len(films)):
        images = films[number][0]
        moments.append(_batch_moments(running, norms, images))
        sizes.append(len(images))
    for norm, of_batches in zip(norms, zip(*moments, strict=True), strict=True):
        mean, squares = np.average(of_batches, axis=0, weights=sizes)
        norm.moving_mean.assign(mean)
        norm.moving_variance.assign(np.maximum(squares - mean**2, 0.0))


class _AsInTraining(keras.Model):  # type: ignore[misc]
    """A network that runs as in training although nothing learns."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__(name="as_in_training")
        self._network = network

    def call(self, films: keras.KerasTensor) -> keras.KerasTensor:
        """Probabilities (B, n_classes) of the films (B, H, W, 1) uint8."""
        return self._network(films, training=True)


def _batch_moments(
    running: keras.Model, norms: Norms, images: NDArray[np.uint8]
) -> Iterable[_Moments]:
    """Moments of one batch before each batch normalisation.

    A moving average that starts at 0 is (1 - momentum) times the value of the batch.
    """
    for norm in norms:
        norm.moving_mean.assign(np.zeros(norm.moving_mean.shape))
        norm.moving_variance.assign(np.zeros(norm.moving_variance.shape))
    running.predict_on_batch(images)
    return [_moments(norm) for norm in norms]


def _moments(norm: keras.layers.BatchNormalization) -> _Moments:
    values = (norm.moving_mean, norm.moving_variance)
    stored = (np.float64(keras.ops.convert_to_numpy(value.value)) for value in values)
    mean, variance = (value / (1.0 - norm.momentum) for value in stored)
    return np.stack([mean, variance + mean**2])
