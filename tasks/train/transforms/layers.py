"""The augmentation of a run as layers of the compiled graph."""

from collections.abc import Iterator

import keras

from tasks.train.transforms.film_layer import AugmentFilms
from tasks.train.transforms.mixup import Mixup
from tasks.train.transforms.presets import Augmentation

AUGMENTATION = "augment_"  # in the name of each augmentation layer; a saved model has none
_MIXUP_SEED = 1  # added to the seed, so that the two layers draw different numbers


def augmentation_layers(augmentation: Augmentation, seed: int) -> Iterator[keras.Layer]:
    """Yield at most two layers: `augment_film` and `augment_mixup`.

    Each layer takes and returns (B, H, W, 1) float32 in [0, 1]. With mixup, `classifier_model`
    mixes the labels.

    Args:
        augmentation: Transforms and their strength.
        seed: Seed of the random draws.
    """
    if augmentation.resamples or augmentation.changes_grey_levels or augmentation.degrades:
        yield AugmentFilms(augmentation, seed)
    if augmentation.mixup:
        yield Mixup(augmentation.mixup, (seed + _MIXUP_SEED) % 2**32)
