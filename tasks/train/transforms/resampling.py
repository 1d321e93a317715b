"""Zoom, shift, rotation, flips and crop of a film as one resampling."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import keras
from keras import ops

from tasks.train.transforms.presets import Augmentation

Draws = Mapping[str, keras.KerasTensor]


@dataclass(frozen=True)
class Windows:
    """The part of each film that fills the new square; each field is (B, 1) float32.

    width, height: shares of the side; a negative value flips the film. right, down: offset of the
    window's centre from the film's centre, as shares of the side. angle: radians, clockwise.
    """

    width: keras.KerasTensor
    height: keras.KerasTensor
    right: keras.KerasTensor
    down: keras.KerasTensor
    angle: keras.KerasTensor


def draw_windows(augmentation: Augmentation, draws: Draws) -> Windows:
    """Choose the window of each film.

    Args:
        augmentation: Largest size of each move.
        draws: Random numbers by name, (B, 1) float32, uniform in [-1, 1).

    Source:
        Crop: Szegedy et al., arXiv 1409.4842, section 6, with a uniform area and a log-uniform
        ratio of sides. Here a side longer than the film is cut to the film; there it is drawn
        again.
    """
    area = 1.0 - (1.0 - augmentation.crop_min_area) * (0.5 + 0.5 * draws["crop_area"])
    stretch = ops.exp(0.5 * math.log(augmentation.crop_max_ratio) * draws["crop_ratio"])
    width = ops.minimum(ops.sqrt(area) * stretch, 1.0)
    height = ops.minimum(ops.sqrt(area) / stretch, 1.0)
    right = augmentation.shift * draws["shift_x"] + (1.0 - width) / 2.0 * draws["crop_x"]
    down = augmentation.shift * draws["shift_y"] + (1.0 - height) / 2.0 * draws["crop_y"]
    zoom = 1.0 + augmentation.zoom * draws["zoom"]
    return Windows(
        width=zoom * width * _flip(augmentation.horizontal_flip, draws["horizontal_flip"]),
        height=zoom * height * _flip(augmentation.vertical_flip, draws["vertical_flip"]),
        right=right,
        down=down,
        angle=math.radians(augmentation.rotation_deg) * draws["rotation"],
    )


def resample_films(films: keras.KerasTensor, windows: Windows) -> keras.KerasTensor:
    """Fill each square with the window of its film by linear interpolation; outside is black.

    Args:
        films: (B, H, W, 1) float32.
        windows: One window per film.

    Returns:
        (B, H, W, 1) float32.
    """
    height_px, width_px = films.shape[1:3]
    middle_x, middle_y = (width_px - 1) / 2.0, (height_px - 1) / 2.0
    cos, sin = ops.cos(windows.angle), ops.sin(windows.angle)
    # position in the film, by position in the square
    xx, xy = cos * windows.width, -sin * windows.height
    yx, yy = sin * windows.width, cos * windows.height
    # offsets are shares of the distance between the first and last pixel centres, so that a crop
    # never reaches beyond them
    x = middle_x + windows.right * (width_px - 1) - xx * middle_x - xy * middle_y
    y = middle_y + windows.down * (height_px - 1) - yx * middle_x - yy * middle_y
    zero = ops.zeros_like(x)
    matrix = ops.concatenate([xx, xy, x, yx, yy, y, zero, zero], axis=1)
    return ops.image.affine_transform(
        films, matrix, "bilinear", "constant", 0.0, data_format="channels_last"
    )


def _flip(is_on: bool, draw: keras.KerasTensor) -> keras.KerasTensor | float:
    """-1 for half of the films, which are flipped; 1 for the others."""
    return ops.where(draw < 0.0, -1.0, 1.0) if is_on else 1.0
