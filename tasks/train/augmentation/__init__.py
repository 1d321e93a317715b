"""Random changes to training films, as layers of the compiled graph; none acts at prediction.

Where a film lies is changed by one resampling however many changes are on: each resampling blurs
a little and costs a pass over the pixels.
"""

from collections.abc import Iterator

import keras

from tasks.core.params import AugmentParams
from tasks.train.augmentation.layer import Augment
from tasks.train.augmentation.mixup import Mixup, classifier_model
from tasks.train.augmentation.presets import Changes, resolve

__all__ = ["augmentation_layers", "classifier_model", "layers_of"]

MIXUP_SEED = 1  # added to the seed: the two layers draw apart


def augmentation_layers(params: AugmentParams, seed: int) -> Iterator[keras.Layer]:
    """Yield the layers that params switch on; see `layers_of`.

    Args:
        params: Section `train.augment`.
        seed: Seed of the draws.
    """
    return layers_of(resolve(params), seed)


def layers_of(changes: Changes, seed: int) -> Iterator[keras.Layer]:
    """Yield the layers of some changes: at most `augment_film` and `augment_mixup`.

    They take and give (B, H, W, 1) float32 in [0, 1]. A saved model holds none of them. With mixup
    on, the labels are mixed by `classifier_model`.

    Args:
        changes: What is switched on.
        seed: Seed of the draws.
    """
    if changes.moves or changes.tones or changes.degrades:
        yield Augment(changes, seed)
    if changes.mixup:
        yield Mixup(changes.mixup, (seed + MIXUP_SEED) % 2**32)
