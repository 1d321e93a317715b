"""Activation maximisation: films that are made to raise the mean activation of one channel.

Source: Erhan, Bengio, Courville and Vincent 2009, "Visualizing Higher-Layer Features of a Deep
Network", technical report 1341, Université de Montréal: gradient ascent on the input. The
regularisation follows Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017: the
film is shifted at random before each step, and fine detail climbs more slowly than coarse detail.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.gradients import compile_function, gradients_of
from tasks.explain.truncated import TruncatedNetwork

N_ASCENTS = 32  # our choice: keeps the stage short
_STEP = 12.0  # grey levels, root mean square of one step; falls to 0 along a cosine
_JITTER_PX = 2
_START_GREY = 128.0
_START_NOISE = 12.0  # grey levels, standard deviation


def maximise_channels(
    truncated: TruncatedNetwork, layer: int, channels: Sequence[int], seed: int
) -> tuple[Pixels, NDArray[np.float32]]:
    """Make one film for each channel by gradient ascent, from grey with noise.

    Args:
        truncated: From `truncate(model, "float32")`; gradients stop at uint8.
        layer: Position in `truncated.layers`.
        channels: n channels of that layer, at least one.
        seed: Seed of the noise and of the shifts.

    Returns:
        films (n, H, W, 1) uint8 in [0, 255], and the mean activation that each reaches, (n,)
        float32. A channel that stays at 0 on the way keeps its noise and a mean of 0.
    """
    network = keras.Model(truncated.network.input, truncated.network.outputs[layer])
    rng = np.random.default_rng([seed, layer])
    height, width = network.input_shape[1:3]
    noise = rng.normal(_START_GREY, _START_NOISE, (1, height, width, 1))
    films = np.repeat(noise, len(channels), axis=0)
    softness = _softness(height, width)
    climb = _compiled_gradient(network, channels)
    for step in range(N_ASCENTS):
        shift = rng.integers(-_JITTER_PX, _JITTER_PX + 1, 2)
        shifted = np.roll(films, shift, axis=(1, 2))
        uphill = _soften(climb(shifted), softness)
        size = _STEP * (1 + np.cos(np.pi * step / N_ASCENTS)) / 2
        films = np.roll(np.clip(shifted + size * uphill, 0, 255), -shift, axis=(1, 2))
    pixels = films.round().astype(np.uint8)
    return pixels, _means(network, pixels.astype(np.float32), channels)


def _compiled_gradient(
    network: keras.Model, channels: Sequence[int]
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Gradient of the mean activation of each film's channel: films (n, H, W, 1) -> the same."""
    wanted = np.eye(network.output_shape[-1], dtype=np.float32)[list(channels)]

    def score(pixels: list[Any]) -> Any:
        means = keras.ops.mean(network(pixels[0], training=False), axis=(1, 2))
        # the films are independent, so the gradient of the sum holds the gradient of each film
        return keras.ops.sum(means * wanted)

    compiled = compile_function(lambda pixels: gradients_of(score, pixels), network)

    def gradient(films: NDArray[np.float64]) -> NDArray[np.float64]:
        (found,) = compiled([keras.ops.convert_to_tensor(films.astype(np.float32))])
        return np.asarray(keras.ops.convert_to_numpy(found), dtype=np.float64)

    return gradient


def _means(
    network: keras.Model, films: NDArray[np.float32], channels: Sequence[int]
) -> NDArray[np.float32]:
    maps = keras.ops.convert_to_numpy(network(films, training=False))
    means = np.asarray(maps, dtype=np.float32).mean(axis=(1, 2))
    return means[np.arange(len(channels)), list(channels)]


def _softness(height: int, width: int) -> NDArray[np.float64]:
    """Weight of each frequency of a film, (H, W // 2 + 1): one over the frequency."""
    down, right = np.fft.fftfreq(height)[:, np.newaxis], np.fft.rfftfreq(width)
    weight: NDArray[np.float64] = 1 / np.maximum(np.hypot(down, right), 1 / max(height, width))
    return weight


def _soften(gradient: NDArray[np.float64], softness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh the frequencies of gradients (n, H, W, 1), and scale each to a root mean square of 1.

    A gradient of zeros stays.
    """
    spectrum = np.fft.rfft2(gradient[..., 0]) * softness
    soft = np.fft.irfft2(spectrum, s=gradient.shape[1:3])
    size = np.sqrt(np.square(soft).mean(axis=(1, 2), keepdims=True))
    scaled = np.divide(soft, size, out=np.zeros_like(soft), where=size > 0)
    return scaled[..., np.newaxis]
