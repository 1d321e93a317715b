"""MixStyle: mean and deviation of the features of a film move towards those of another film."""

import keras
from keras import ops

_VARIANCE = 1e-6  # added to the variance, as in the authors' code
_CHANCE = 0.5  # of a film to be mixed
_SMALLEST = 1e-37  # near the smallest float32 that no device rounds to 0


class MixStyle(keras.Layer):  # type: ignore[misc]
    """Mixes the mean and deviation of each channel: (B, H, W, C) float32, same out.

    Each film is mixed with a chance of one half, with the film that a random order of the batch
    puts in its place. No gradient passes through the statistics. The layer computes in float32
    under mixed precision too: float16 loses the variance of small features.

    Args:
        alpha: Both parameters of the beta distribution of the share. The authors use 0.1.
        seed: Seed of the random draws.

    Source:
        Zhou et al., Domain Generalization with MixStyle, ICLR 2021, arXiv 2104.02008: mixed scale
        and shift, random shuffle, chance and variance of the authors' code. There one draw decides
        for a whole batch whether it is mixed.
    """

    def __init__(self, alpha: float, seed: int) -> None:
        super().__init__(name="augment_mixstyle", dtype="float32")
        self._alpha = alpha
        self._seeds = keras.random.SeedGenerator(seed)

    def call(self, features: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Mix the statistics in training; return the features unchanged otherwise."""
        if not training:
            return features
        n_films = ops.shape(features)[0]
        drawn = keras.random.uniform((2, n_films), dtype="float32", seed=self._seeds)
        share = draw_shares(n_films, self._alpha, self._seeds)
        share = ops.where(drawn[0] < _CHANCE, share, 1.0)[:, None, None, None]
        return mix_styles(features, ops.argsort(drawn[1]), share)


def draw_shares(n_films: int, alpha: float, seeds: keras.random.SeedGenerator) -> keras.KerasTensor:
    """Draw (B,) float32 in [0, 1] from a symmetric beta distribution.

    `keras.random.beta` gives NaN where both of its gamma draws are below the smallest float32, for
    alpha 0.1 once in some 40 million films; here such a share is 0.

    Args:
        n_films: Films in the batch, B.
        alpha: Both parameters of the distribution, above 0.
        seeds: Seed generator of the draws.
    """
    drawn = keras.random.gamma((2, n_films), alpha, dtype="float32", seed=seeds)
    return drawn[0] / ops.maximum(drawn[0] + drawn[1], _SMALLEST)


def mix_styles(
    features: keras.KerasTensor, partners: keras.KerasTensor, share: keras.KerasTensor
) -> keras.KerasTensor:
    """Replace the mean and deviation of each channel by a mixture with those of the partner.

    Args:
        features: (B, H, W, C) float32.
        partners: (B,) int32, place of the partner of each film in the batch.
        share: (B, 1, 1, 1) float32 in [0, 1], the share of the film's own statistics.

    Returns:
        (B, H, W, C) float32.
    """
    mean, variance = ops.moments(ops.stop_gradient(features), axes=(1, 2), keepdims=True)
    deviation = ops.sqrt(variance + _VARIANCE)
    mixed_mean, mixed_deviation = (
        share * own + (1.0 - share) * ops.take(own, partners, axis=0) for own in (mean, deviation)
    )
    return (features - mean) / deviation * mixed_deviation + mixed_mean
