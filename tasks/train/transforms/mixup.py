"""Mixup: each film is blended with another film of its batch, and so are the labels."""

import keras
from keras import ops

from tasks.train.transforms.amplitude import LabelledSteps
from tasks.train.transforms.presets import Augmentation

MIXUP_LAYER = "augment_mixup"


class Mixup(keras.Layer):  # type: ignore[misc]
    """Blends each film with the previous one in the batch: (B, H, W, 1) float32, same out.

    One share for the whole batch, at least one half: each film stays the larger part of its
    mixture, so the training accuracy keeps its meaning.

    Args:
        alpha: Both parameters of the beta distribution of the share.
        seed: Seed of the random draws.

    Source:
        Zhang et al., mixup: Beyond Empirical Risk Minimization, arXiv 1710.09412.
    """

    def __init__(self, alpha: float, seed: int) -> None:
        super().__init__(name=MIXUP_LAYER, dtype="float32")
        self._alpha = alpha
        self._seeds = keras.random.SeedGenerator(seed)
        self.share = self.add_weight(shape=(), initializer="ones", trainable=False, name="share")

    def call(self, films: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Blend the films in training; return them unchanged otherwise."""
        if not training:
            return films
        drawn = keras.random.beta((), self._alpha, self._alpha, dtype="float32", seed=self._seeds)
        share = ops.maximum(drawn, 1.0 - drawn)
        self.share.assign(share)
        return share * films + (1.0 - share) * ops.roll(films, 1, axis=0)


class MixupClassifier(keras.Model):  # type: ignore[misc]
    """A functional model whose training loss uses the mixed labels."""

    def compute_loss(
        self,
        x: keras.KerasTensor | None = None,
        y: keras.KerasTensor | None = None,
        y_pred: keras.KerasTensor | None = None,
        sample_weight: keras.KerasTensor | None = None,
        training: bool = True,
    ) -> keras.KerasTensor:
        """Loss against the labels, which are mixed in training as the films were."""
        if training:
            y, sample_weight = mix_labels(y, sample_weight, self.get_layer(MIXUP_LAYER).share)
        return super().compute_loss(x, y, y_pred, sample_weight, training)


def mix_labels(
    labels: keras.KerasTensor, weights: keras.KerasTensor | None, share: keras.KerasTensor
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Mixed labels and weights; their cross-entropy is the weighted sum over both films.

    Args:
        labels: (B, n_classes) float32, rows sum to 1.
        weights: (B,) float32 above 0; None means 1 for each film.
        share: Share of the film itself, in [0, 1]; the previous film has the rest.

    Returns:
        labels: (B, n_classes) float32.
        weights: (B,) float32.
    """
    labels = ops.cast(labels, "float32")
    weights = ops.ones(ops.shape(labels)[:1]) if weights is None else ops.cast(weights, "float32")
    own, other = share * weights, (1.0 - share) * ops.roll(weights, 1, axis=0)
    both = own + other
    mixed = own[:, None] * labels + other[:, None] * ops.roll(labels, 1, axis=0)
    return mixed / both[:, None], both


def classifier_model(
    images: keras.KerasTensor,
    probabilities: keras.KerasTensor,
    name: str,
    augmentation: Augmentation,
) -> keras.Model:
    """Build a model whose training has the steps that the augmentation needs."""
    steps = {LabelledSteps: augmentation.amplitude_mix, MixupClassifier: augmentation.mixup}
    kinds = tuple(kind for kind, strength in steps.items() if strength)
    kind = type("Classifier", kinds, {}) if kinds else keras.Model
    return kind(images, probabilities, name=name)
