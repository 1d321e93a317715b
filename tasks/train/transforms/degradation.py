"""Random loss of image quality: blur, noise and JPEG compression."""

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from tasks.core.film.quantisation import LUMINANCE

_BLOCK_PX = 8  # side of the squares that JPEG compresses
_MIN_BLUR_PX = 0.05  # a Gaussian of this width changes no pixel
_STEPS = LUMINANCE.astype(np.float32)  # quantisation at quality 50


def blur_films(films: keras.KerasTensor, share: keras.KerasTensor) -> keras.KerasTensor:
    """Blur each film with a Gaussian of its own width; the edges are not darkened.

    A convolution has one kernel for all films; two matrix products allow one width per film.

    Args:
        films: (B, H, W, 1) float32.
        share: (B, 1) float32, standard deviation as a share of the side.

    Returns:
        (B, H, W, 1) float32.
    """
    height_px, width_px = films.shape[1:3]
    rows, columns = _gaussian(height_px, share), _gaussian(width_px, share)
    flat = ops.squeeze(films, axis=3)
    blurred = ops.matmul(ops.matmul(rows, flat), ops.transpose(columns, (0, 2, 1)))
    return ops.expand_dims(blurred, axis=3)


def add_noise(
    films: keras.KerasTensor, deviation: keras.KerasTensor, seeds: keras.random.SeedGenerator
) -> keras.KerasTensor:
    """Add Gaussian noise and clip to [0, 1].

    Args:
        films: (B, H, W, 1) float32 in [0, 1].
        deviation: (B, 1) float32, standard deviation as a share of the range.
        seeds: Seed generator of the noise.
    """
    noise = keras.random.normal(ops.shape(films), dtype="float32", seed=seeds)
    return ops.clip(films + deviation[:, :, None, None] * noise, 0.0, 1.0)


def compress(films: keras.KerasTensor, quality: keras.KerasTensor) -> keras.KerasTensor:
    """Apply the loss of JPEG compression: round the cosine coefficients of each block.

    Args:
        films: (B, H, W, 1) float32 in [0, 1]; padded with black to whole blocks.
        quality: (B, 1) float32 in [1, 100] on libjpeg's scale; rounded.

    Returns:
        (B, H, W, 1) float32 in [0, 1].

    Source:
        ITU-T T.81 (1992), annex A.3; the scale of quality is that of libjpeg, jcparam.c.
    """
    height_px, width_px = films.shape[1:3]
    down, across = -(-height_px // _BLOCK_PX), -(-width_px // _BLOCK_PX)
    pad_px = ((0, 0), (0, down * _BLOCK_PX - height_px), (0, across * _BLOCK_PX - width_px), (0, 0))
    levels = ops.pad(films, pad_px) * 255.0 - 128.0
    grid = ops.reshape(levels, (-1, down, _BLOCK_PX, across, _BLOCK_PX))
    blocks = ops.reshape(ops.transpose(grid, (0, 1, 3, 2, 4)), (-1, down * across, _BLOCK_PX**2))
    cosines = ops.convert_to_tensor(cosine_transform())
    steps = ops.expand_dims(_steps(quality), axis=1)  # (B, 1, 64)
    kept = ops.round(ops.matmul(blocks, ops.transpose(cosines)) / steps) * steps
    back = ops.reshape(ops.matmul(kept, cosines), (-1, down, across, _BLOCK_PX, _BLOCK_PX))
    whole = ops.reshape(ops.transpose(back, (0, 1, 3, 2, 4)), (-1, *levels.shape[1:]))
    return ops.clip((whole[:, :height_px, :width_px] + 128.0) / 255.0, 0.0, 1.0)


def cosine_transform() -> NDArray[np.float32]:
    """Matrix of the orthonormal 2-D cosine transform of a row-major block, (64, 64) float32."""
    place = np.arange(_BLOCK_PX)
    one = np.cos((2 * place + 1) * place[:, None] * np.pi / (2 * _BLOCK_PX)) / 2
    one[0] /= np.sqrt(2)
    return np.kron(one, one).astype(np.float32)


def _steps(quality: keras.KerasTensor) -> keras.KerasTensor:
    """Quantisation steps (B, 64) for qualities (B, 1)."""
    whole = ops.round(quality)
    percent = ops.where(whole < 50.0, ops.floor(5000.0 / whole), 200.0 - 2.0 * whole)
    return ops.clip(ops.floor((_STEPS[None] * percent + 50.0) / 100.0), 1.0, 255.0)


def _gaussian(side_px: int, share: keras.KerasTensor) -> keras.KerasTensor:
    """Weights (B, side, side) of each pixel (column) in each blurred pixel (row)."""
    place = np.arange(side_px, dtype=np.float32)
    squares = (place - place[:, None]) ** 2
    width_px = ops.maximum(share * side_px, _MIN_BLUR_PX)[:, :, None]
    return ops.softmax(-squares[None] / (2.0 * width_px**2), axis=-1)
