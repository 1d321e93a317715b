"""The contact sheet: the same training films under each preset of augmentation."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from tasks.core.image_store.store import Pixels
from tasks.core.params import AugmentParams
from tasks.train.transforms.layers import augmentation_layers
from tasks.train.transforms.presets import PRESETS, Augmentation, resolve

_N_FILMS = 6
_CELL_PX = 128
_GAP_PX = 8
_HEADING_PX = 22
_TEXT_PX = 13
_PAPER, _INK = 255, 34  # grey levels
_THIS_RUN = "this run"


def choose_image_ids(samples: pd.DataFrame, n_films: int = _N_FILMS) -> list[str]:
    """Choose training films: the smallest ids, one class after the other.

    An id is a hash of the file, so the smallest ids are a random choice that does not depend on
    the order of the table.

    Args:
        samples: Columns `image_id`, `label`, `split`.
        n_films: Largest number of films.
    """
    train = samples[samples["split"] == "train"].sort_values("image_id")
    turn = train.groupby("label").cumcount()
    chosen = train.assign(turn=turn).sort_values(["turn", "label"]).head(n_films)
    return [str(image_id) for image_id in chosen["image_id"]]


def sheet_rows(params: AugmentParams) -> dict[str, Augmentation]:
    """One row per preset by its heading, and one for this run if its values are no preset.

    MixStyle changes features, not pixels, so no row shows it.

    Args:
        params: Section `train.augment`.
    """
    mine = replace(resolve(params), mixstyle=0.0)
    rows = {}
    for name, augmentation in PRESETS.items():
        rows[f"{name} ({_THIS_RUN})" if augmentation == mine else name] = augmentation
    if mine not in PRESETS.values():
        rows[f"{_THIS_RUN}: {params.preset} with other values"] = mine
    return rows


def augment_films(films: Pixels, augmentation: Augmentation, seed: int) -> Pixels:
    """Transform films as one training step does.

    Args:
        films: (N, H, W) uint8.
        augmentation: Transforms and their strength.
        seed: Seed of the random draws.

    Returns:
        (N, H, W) uint8.
    """
    seen = films[..., np.newaxis].astype(np.float32) / 255
    for layer in augmentation_layers(augmentation, seed):
        seen = layer(seen, training=True)
    return np.rint(np.asarray(seen)[..., 0] * 255).astype(np.uint8)


def draw_sheet(films: Pixels, rows: Mapping[str, Augmentation], seed: int) -> Image.Image:
    """Draw the films side by side in grey, one row per augmentation, under its heading.

    Args:
        films: (N, H, W) uint8.
        rows: Augmentations by heading.
        seed: Seed of the random draws, the same in each row.
    """
    row_px = _HEADING_PX + _CELL_PX + _GAP_PX
    size = (_GAP_PX + len(films) * (_CELL_PX + _GAP_PX), len(rows) * row_px)
    sheet = Image.new("L", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_TEXT_PX)
    for line, (heading, augmentation) in enumerate(rows.items()):
        pen.text((_GAP_PX, line * row_px + 4), heading, _INK, font)
        for column, film in enumerate(augment_films(films, augmentation, seed)):
            left = _GAP_PX + column * (_CELL_PX + _GAP_PX)
            sheet.paste(_cell(film), (left, line * row_px + _HEADING_PX))
    return sheet


def _cell(film: Pixels) -> Image.Image:
    """Fit a film to its cell; a small film is enlarged by repeating its pixels."""
    finer = film.shape[0] > _CELL_PX
    how = Image.Resampling.LANCZOS if finer else Image.Resampling.NEAREST
    return Image.fromarray(film).resize((_CELL_PX, _CELL_PX), how)
