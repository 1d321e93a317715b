"""Mixup: a film is laid over another of its batch, and its label over the other's."""

import keras
from keras import ops

from tasks.core.params import AugmentParams
from tasks.train.augmentation.presets import resolve

LAYER = "augment_mixup"


class Mixup(keras.Layer):  # type: ignore[misc]
    """Mixes each film with the one before it in the batch: (B, H, W, 1) float32, same out.

    One share per batch, at least one half: a film stays the greater part of its mixture, so that
    the accuracy while training keeps its meaning.

    Args:
        alpha: Both parameters of the beta distribution that the share is drawn from.
        seed: Of the draws.

    Source:
        Zhang et al., mixup: Beyond Empirical Risk Minimization, arXiv 1710.09412.
    """

    def __init__(self, alpha: float, seed: int) -> None:
        super().__init__(name=LAYER, dtype="float32")
        self._alpha = alpha
        self._seeds = keras.random.SeedGenerator(seed)
        self.share = self.add_weight(shape=(), initializer="ones", trainable=False, name="share")

    def call(self, films: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Mix the films, or give them back as they are outside of training."""
        if not training:
            return films
        drawn = keras.random.beta((), self._alpha, self._alpha, dtype="float32", seed=self._seeds)
        share = ops.maximum(drawn, 1.0 - drawn)
        self.share.assign(share)
        return share * films + (1.0 - share) * ops.roll(films, 1, axis=0)


class MixtureClassifier(keras.Model):  # type: ignore[misc]
    """A functional model whose training loss is that of the mixtures."""

    def compute_loss(
        self,
        x: keras.KerasTensor | None = None,
        y: keras.KerasTensor | None = None,
        y_pred: keras.KerasTensor | None = None,
        sample_weight: keras.KerasTensor | None = None,
        training: bool = True,
    ) -> keras.KerasTensor:
        """The loss against the labels, mixed as the films were if this is training."""
        if training:
            y, sample_weight = mix_targets(y, sample_weight, self.get_layer(LAYER).share)
        return super().compute_loss(x, y, y_pred, sample_weight, training)


def mix_targets(
    labels: keras.KerasTensor, weights: keras.KerasTensor | None, share: keras.KerasTensor
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Labels and weights under which the cross-entropy is that of both films, each by its weight.

    Args:
        labels: (B, n_classes) float32, rows sum to 1.
        weights: (B,) float32 above 0; None is 1 for each.
        share: Of the film itself, in [0, 1]; the film before it has the rest.
    """
    labels = ops.cast(labels, "float32")
    weights = ops.ones(ops.shape(labels)[:1]) if weights is None else ops.cast(weights, "float32")
    own, other = share * weights, (1.0 - share) * ops.roll(weights, 1, axis=0)
    both = own + other
    mixed = own[:, None] * labels + other[:, None] * ops.roll(labels, 1, axis=0)
    return mixed / both[:, None], both


def classifier_model(
    images: keras.KerasTensor, probabilities: keras.KerasTensor, name: str, augment: AugmentParams
) -> keras.Model:
    """The trainable model: a plain one, or one that mixes labels where films are mixed."""
    kind = MixtureClassifier if resolve(augment).mixup else keras.Model
    return kind(images, probabilities, name=name)
