"""Where a film lies: zoom, shift, rotation, mirroring and crop as one resampling."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import keras
from keras import ops

from tasks.train.augmentation.presets import Changes

Draws = Mapping[str, keras.KerasTensor]


@dataclass(frozen=True)
class View:
    """The part of each film that fills its new square, (B, 1) float32 each.

    width, height: shares of the side; negative is mirrored. right, down: how far the middle of
    the part lies from that of the film, as shares of the side. turn: radians, clockwise.
    """

    width: keras.KerasTensor
    height: keras.KerasTensor
    right: keras.KerasTensor
    down: keras.KerasTensor
    turn: keras.KerasTensor


def draw_view(changes: Changes, draws: Draws) -> View:
    """The part of each film that is to be seen.

    Args:
        changes: How far each change goes at most.
        draws: By name, (B, 1) float32, uniform in [-1, 1).

    Source:
        The crop is that of Szegedy et al., arXiv 1409.4842, section 6: area uniform, ratio of
        sides log-uniform. A side longer than the film is cut to it, in place of a new draw.
    """
    area = 1.0 - (1.0 - changes.crop_min_area) * (0.5 + 0.5 * draws["crop_area"])
    stretch = ops.exp(0.5 * math.log(changes.crop_max_ratio) * draws["crop_ratio"])
    width = ops.minimum(ops.sqrt(area) * stretch, 1.0)
    height = ops.minimum(ops.sqrt(area) / stretch, 1.0)
    right = changes.shift * draws["shift_x"] + (1.0 - width) / 2.0 * draws["crop_x"]
    down = changes.shift * draws["shift_y"] + (1.0 - height) / 2.0 * draws["crop_y"]
    zoom = 1.0 + changes.zoom * draws["zoom"]
    return View(
        zoom * width * _mirror(changes.horizontal_flip, draws["horizontal_flip"]),
        zoom * height * _mirror(changes.vertical_flip, draws["vertical_flip"]),
        right,
        down,
        math.radians(changes.rotation_deg) * draws["rotation"],
    )


def resample(films: keras.KerasTensor, view: View) -> keras.KerasTensor:
    """Fill each square with its part of the film, linearly interpolated; black beyond the film.

    Args:
        films: (B, H, W, 1) float32.
        view: One part per film.
    """
    height_px, width_px = films.shape[1:3]
    middle_x, middle_y = (width_px - 1) / 2.0, (height_px - 1) / 2.0
    cos, sin = ops.cos(view.turn), ops.sin(view.turn)
    xx, xy = cos * view.width, -sin * view.height  # place in the film by place in the square
    yx, yy = sin * view.width, cos * view.height
    # shares of the way from the first pixel's middle to the last's: a crop never looks beyond them
    x = middle_x + view.right * (width_px - 1) - xx * middle_x - xy * middle_y
    y = middle_y + view.down * (height_px - 1) - yx * middle_x - yy * middle_y
    zero = ops.zeros_like(x)
    matrix = ops.concatenate([xx, xy, x, yx, yy, y, zero, zero], axis=1)
    return ops.image.affine_transform(
        films, matrix, "bilinear", "constant", 0.0, data_format="channels_last"
    )


def _mirror(is_on: bool, draw: keras.KerasTensor) -> keras.KerasTensor | float:
    """-1 for a film that is mirrored, half of them; else 1."""
    return ops.where(draw < 0.0, -1.0, 1.0) if is_on else 1.0
