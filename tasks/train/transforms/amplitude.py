"""Amplitude mix: a film takes a part of the amplitude spectrum of a film of another class."""

from typing import Any

import keras
from keras import ops

from tasks.train.transforms.partners import draw_partners

AMPLITUDE_LAYER = "augment_amplitude"
_NO_AMPLITUDE = 1e-6  # of a sum over all pixels; a frequency below it has no phase to keep


class AmplitudeMix(keras.Layer):  # type: ignore[misc]
    """Mixes amplitude spectra: (B, H, W, 1) float32 in [0, 1], same out.

    The phase, which holds the shapes, and the label stay. Sharpness, contrast and noise, which the
    machine leaves, are in the amplitude. `LabelledSteps` sets `labels`; without labels any other
    film is the partner.

    Args:
        largest_share: Share of the partner's amplitude is uniform from 0 to this, for each film.
        seed: Seed of the random draws.

    Source:
        Xu et al., A Fourier-based Framework for Domain Generalization, CVPR 2021, arXiv 2105.11120,
        "amplitude mix". There partners are of any class and domain. Amplitudes of another domain
        with an unchanged label: Yang and Soatto, FDA, CVPR 2020, arXiv 2004.05498.
    """

    def __init__(self, largest_share: float, seed: int) -> None:
        super().__init__(name=AMPLITUDE_LAYER, dtype="float32")
        self._largest_share = largest_share
        self._seeds = keras.random.SeedGenerator(seed)
        self.labels: keras.KerasTensor | None = None

    def call(self, films: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Mix the spectra in training; return the films unchanged otherwise."""
        if not training:
            return films
        n_films = ops.shape(films)[0]
        drawn = keras.random.uniform((n_films, 1, 1, 1), dtype="float32", seed=self._seeds)
        partners = draw_partners(n_films, self._seeds, self.labels)
        return ops.clip(mix_amplitudes(films, partners, self._largest_share * drawn), 0.0, 1.0)


class LabelledSteps(keras.Model):  # type: ignore[misc]
    """A functional model that tells its amplitude layer, if any, the labels of each step."""

    def train_step(self, *arguments: Any) -> Any:
        """Train on a batch, the last argument; other backends than JAX pass no other."""
        layers = [layer for layer in self.layers if isinstance(layer, AmplitudeMix)]
        _, y, _ = keras.utils.unpack_x_y_sample_weight(arguments[-1])
        for layer in layers:
            layer.labels = labels_of(y)
        try:
            return super().train_step(*arguments)
        finally:
            for layer in layers:
                layer.labels = None


def labels_of(y: Any) -> keras.KerasTensor:
    """Labels (B, n_classes) of a batch, which with group DRO holds groups beside them."""
    return y["labels"] if isinstance(y, dict) else y


def mix_amplitudes(
    films: keras.KerasTensor, partners: keras.KerasTensor, share: keras.KerasTensor
) -> keras.KerasTensor:
    """Mix the amplitude spectrum of each film with that of its partner; keep the phase.

    x' = IFFT(((1 - l) A(x) + l A(x2)) exp(i phase(x))), computed as x's spectrum times a real
    factor, so that no angle is needed. A frequency that a film lacks stays absent.

    The fast transform is used on all backends: products with cosine matrices took more time on a
    CPU (1.4 times as much at 64 px and 2 times at 128 px with TensorFlow, 20 times with JAX), and
    GPUs that round the factors of a product to 10 bits would change the phase.

    Args:
        films: (B, H, W, 1) float32.
        partners: (B,) int32, place of the partner of each film in the batch.
        share: (B, 1, 1, 1) float32 in [0, 1], the share l of the partner's amplitude.

    Returns:
        (B, H, W, 1) float32, not clipped.
    """
    flat, part = ops.squeeze(films, axis=3), ops.squeeze(share, axis=3)
    real, imaginary = ops.fft2((flat, ops.zeros_like(flat)))
    amplitude = ops.sqrt(real**2 + imaginary**2)
    other = ops.take(amplitude, partners, axis=0)
    factor = (1.0 - part) + part * other / ops.maximum(amplitude, _NO_AMPLITUDE)
    mixed, _ = ops.ifft2((real * factor, imaginary * factor))
    return ops.expand_dims(mixed, axis=3)
