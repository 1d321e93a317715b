"""The network of the pretraining: one trunk for both views, and the projector behind it."""

import keras
from keras import layers, ops

from tasks.core.classifier import LOGITS_LAYER
from tasks.core.params import AugmentParams
from tasks.train.network.build import build_classifier
from tasks.train.pretraining.barlow_twins import BarlowTwins
from tasks.train.transforms.layers import AUGMENTATION

# The changes of grey levels and quality of the preset imitate other machines. No flips: the heart
# lies on the left. Ratio of the sides of a crop: the default of torchvision's RandomResizedCrop,
# which the paper's code uses.
_VIEWS = dict.fromkeys(AugmentParams.model_fields) | {
    "preset": "radiograph",
    "crop_max_ratio": 4 / 3,
}
_N_HIDDEN = 2  # layers of the projector before its last one; the paper has two


def trunk_of(model: keras.Model) -> keras.Model:
    """Return a classifier without its head: films -> what enters its layer `logits`, (B, n).

    The rule of the paper: the network without its classification layer. Hidden dense layers and
    dropout belong to the trunk. The trunk and the classifier share their layers.

    Args:
        model: From `build_classifier`.

    Source: Zbontar et al., arXiv 2103.03230, section 2.2, "Architecture".
    """
    return keras.Model(model.input, model.get_layer(LOGITS_LAYER).input, name="trunk")


def copy_trunk(source: keras.Model, target: keras.Model) -> None:
    """Copy all weights before `logits`, with the statistics of batch normalisation.

    Args:
        source: From `build_classifier`.
        target: Of the same name and size; its head and its augmentation stay unchanged.
    """
    for layer in trunk_of(source).layers:
        if layer.weights and AUGMENTATION not in layer.name:
            target.get_layer(layer.name).set_weights(layer.get_weights())


def build_viewer(model: keras.Model, seed: int, crop_min_area: float) -> keras.Model:
    """Build a copy of a classifier whose augmentation draws the views.

    Args:
        model: From `build_classifier`; the copy has its weights before `logits`.
        seed: Seed of the views.
        crop_min_area: Smallest share of a film in a view, above 0, at most 1.

    Source: Zbontar et al., arXiv 2103.03230, section 2.2, "Image augmentations".
    """
    views = AugmentParams.model_validate(_VIEWS | {"crop_min_area": crop_min_area})
    size_px, n_classes = model.input_shape[1], model.output_shape[1]
    viewer = build_classifier(model.name, size_px, n_classes, views, seed)
    copy_trunk(model, viewer)
    return viewer


def build_twins(viewer: keras.Model, units: int) -> BarlowTwins:
    """Build the network that is fitted: each film goes twice through the trunk and the projector.

    Each view is normalised with the statistics of its own batch, as in the paper's code.

    Args:
        viewer: From `build_viewer`; its trunk learns.
        units: Width of each layer of the projector.

    Returns:
        Model: films (B, H, W, 1) uint8 -> embeddings (B, 2, units) float32.
    """
    trunk, projector = trunk_of(viewer), build_projector(units)
    films = keras.Input(trunk.input_shape[1:], dtype="uint8", name="images")
    embeddings = [projector(trunk(films)) for _ in range(2)]
    return BarlowTwins(films, ops.stack(embeddings, axis=1))


def build_projector(units: int) -> keras.Model:
    """Build the layers that are thrown away after the pretraining: (B, n) -> (B, units) float32.

    [FC units -> BN -> ReLU] x2 -> FC units, without biases

    Source: Zbontar et al., arXiv 2103.03230, section 2.2, "Architecture".
    """
    hidden = [
        layer
        for _ in range(_N_HIDDEN)
        for layer in (
            layers.Dense(units, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
        )
    ]
    last = layers.Dense(units, use_bias=False, dtype="float32")
    return keras.Sequential([*hidden, last], name="projector")
