"""Batch-normalisation statistics of a network, estimated again on unlabelled films.

A batch-normalisation layer subtracts a mean and divides by a standard deviation that it learned
from the training films. Films of another machine have other ones. New statistics need no label
and change no weight.

Source: Li et al., "Revisiting Batch Normalization for Practical Domain Adaptation", 2016 (AdaBN,
arXiv 1603.04779); Schneider et al., "Improving robustness against common corruptions by covariate
shift adaptation", NeurIPS 2020 (the mixture with the old statistics). It can harm, above all
where the classes have other shares than at home: Vianna et al., PMLR 274:514-533, 2025 (CoLLAs).
"""

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats

if TYPE_CHECKING:
    import keras

_OF_ONE_SEED = re.compile(r"^seed[0-9]+_")  # layers of averaged networks, see tasks/train
_BATCH_SIZE = 32  # films per forward pass; it changes the statistics by rounding only


class NormalisedNetwork:
    """A network whose batch-normalisation statistics can be estimated again and restored.

    Each layer is estimated on what the layers before it, already adapted, pass on. So the result
    is exact: it does not depend on batches or on the order of the films. The layers of one place
    in several averaged networks share a pass. It takes one pass per place: 5 for MiniVGGNet, 120
    for DenseNet-121. Where a network averages several views of a film, the statistics are those of
    all views, since its layers get them all.

    Attributes:
        model: The network; its statistics change in place.
        layer_names: Its layers that are adapted; none if it has no batch normalisation.

    Args:
        model: From `load_classifier`.
        early_only: Only the layers whose maps have the size of the first one's, which are those of
            the first block. Vianna et al. found later layers more sensitive to the
            shares of the classes.
    """

    def __init__(self, model: "keras.Model", *, early_only: bool) -> None:
        import keras

        found = [one for one in model.layers if isinstance(one, keras.layers.BatchNormalization)]
        chosen = [one for one in found if not early_only or _size(one) == _size(found[0])]
        places: dict[str, list[keras.Layer]] = defaultdict(list)
        for layer in chosen:
            places[_OF_ONE_SEED.sub("", layer.name)].append(layer)
        self.model = model
        self.layer_names = tuple(layer.name for layer in chosen)
        self._original = [(layer, _statistics(layer)) for layer in chosen]
        self._places = [(group, _moments_model(model, group)) for group in places.values()]

    def adapt(self, films: Pixels, alpha: float) -> None:
        """Set new statistics: alpha * those of the films + (1 - alpha) * those of the training.

        Args:
            films: (n, H, W, 1) uint8, unlabelled.
            alpha: 0 to 1; 0 keeps the network as it was trained.
        """
        self.restore()
        for group, moments in self._places:
            found = _run(moments, films)
            for layer, means, variances in zip(group, found[::2], found[1::2], strict=True):
                for weight, new in zip(
                    (layer.moving_mean, layer.moving_variance),
                    _whole_cohort(means, variances),
                    strict=True,
                ):
                    old = np.asarray(weight, dtype=np.float64)
                    weight.assign(alpha * new + (1 - alpha) * old)

    def restore(self) -> None:
        """Set the statistics of the training films again."""
        for layer, (mean, variance) in self._original:
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)


def _moments_model(model: "keras.Model", group: "list[keras.Layer]") -> "keras.Model":
    """Mean and variance of each film in each channel, (B, C) each, at the input of some layers."""
    import keras
    from keras import ops

    outputs = []
    for layer in group:
        values = ops.cast(layer.input, "float32")
        channels = layer.axis % len(values.shape)
        places = tuple(axis for axis in range(1, len(values.shape)) if axis != channels)
        mean = ops.mean(values, axis=places) if places else values
        variance = ops.var(values, axis=places) if places else ops.zeros_like(values)
        outputs += [mean, variance]
    return keras.Model(model.input, outputs)


def _run(moments: "keras.Model", films: Pixels) -> list[Floats]:
    """Outputs of a network over all films; it is called a few times only, so it is not traced."""
    batches = [
        moments(films[start : start + _BATCH_SIZE], training=False)
        for start in range(0, len(films), _BATCH_SIZE)
    ]
    return [
        np.concatenate([np.asarray(part) for part in output])
        for output in zip(*batches, strict=True)
    ]


def _whole_cohort(means: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Mean and variance over all films from those of each film, which have equal sizes.

    Args:
        means: (n, C).
        variances: (n, C), of the population, as Keras takes it.

    Source: the law of total variance.
    """
    means, variances = means.astype(np.float64), variances.astype(np.float64)
    return means.mean(axis=0), variances.mean(axis=0) + means.var(axis=0)


def _size(layer: "keras.Layer") -> tuple[int | None, ...]:
    return tuple(layer.input.shape[1:-1])


def _statistics(layer: "keras.Layer") -> tuple[Floats, Floats]:
    return np.array(layer.moving_mean), np.array(layer.moving_variance)
