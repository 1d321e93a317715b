"""The augmentation of a run as layers of the compiled graph."""

from collections.abc import Iterator

import keras

from tasks.train.transforms.amplitude import AmplitudeMix
from tasks.train.transforms.film_layer import AugmentFilms
from tasks.train.transforms.histogram import HistogramMatch
from tasks.train.transforms.mixstyle import MixStyle
from tasks.train.transforms.mixup import Mixup
from tasks.train.transforms.presets import Augmentation

AUGMENTATION = "augment_"  # in the name of each augmentation layer; a saved model has none
# added to the seed, so that the layers draw different numbers
_MIXUP_SEED, _HISTOGRAM_SEED, _AMPLITUDE_SEED, _MIXSTYLE_SEED = 1, 2, 3, 4


def augmentation_layers(augmentation: Augmentation, seed: int) -> Iterator[keras.Layer]:
    """Yield the layers of the pixels: histogram, amplitude, film and mixup, each if it acts.

    Each layer takes and returns (B, H, W, 1) float32 in [0, 1]. Grey levels and spectra come first:
    partners are then films as they are stored, without the black edges of moved films. With
    mixup, `classifier_model` mixes the labels.

    Args:
        augmentation: Transforms and their strength.
        seed: Seed of the random draws.
    """
    if augmentation.histogram_match:
        yield HistogramMatch(augmentation.histogram_match, _seed(seed, _HISTOGRAM_SEED))
    if augmentation.amplitude_mix:
        yield AmplitudeMix(augmentation.amplitude_mix, _seed(seed, _AMPLITUDE_SEED))
    if augmentation.resamples or augmentation.changes_grey_levels or augmentation.degrades:
        yield AugmentFilms(augmentation, seed)
    if augmentation.mixup:
        yield Mixup(augmentation.mixup, _seed(seed, _MIXUP_SEED))


def mixstyle_layer(augmentation: Augmentation, seed: int) -> MixStyle:
    """Build the layer of the features, see `logits_with_mixstyle`."""
    return MixStyle(augmentation.mixstyle, _seed(seed, _MIXSTYLE_SEED))


def _seed(seed: int, added: int) -> int:
    return (seed + added) % 2**32
