"""The contact sheet of augmentation: each preset on the same training films, for the report."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from tasks.core.image_store.store import Pixels
from tasks.core.params import AugmentParams
from tasks.train.augmentation import layers_of
from tasks.train.augmentation.presets import PRESETS, Changes, resolve

N_FILMS = 6
CELL_PX = 128
GAP_PX = 8
HEADING_PX = 22
TEXT_PX = 13
PAPER, INK = 255, 34
THIS_RUN = "this run"


def choose_films(samples: pd.DataFrame, n_films: int = N_FILMS) -> list[str]:
    """Ids of training films: the least ones, the classes in turn.

    An id is a digest of the file's bytes: the least ones are a fair draw that no order decides.

    Args:
        samples: Columns `image_id`, `label`, `split`.
        n_films: Most films.
    """
    train = samples[samples["split"] == "train"].sort_values("image_id")
    turn = train.groupby("label").cumcount()
    chosen = train.assign(turn=turn).sort_values(["turn", "label"]).head(n_films)
    return [str(image_id) for image_id in chosen["image_id"]]


def sheet_rows(params: AugmentParams) -> dict[str, Changes]:
    """One row per preset, by its heading; one more for this run if it is no plain preset."""
    mine = resolve(params)
    rows = {}
    for name, changes in PRESETS.items():
        rows[f"{name} ({THIS_RUN})" if changes == mine else name] = changes
    if mine not in PRESETS.values():
        rows[f"{THIS_RUN}: {params.preset} with other values"] = mine
    return rows


def augment_films(films: Pixels, changes: Changes, seed: int) -> Pixels:
    """Films as one training step would see them.

    Args:
        films: (N, H, W) uint8.
        changes: What is switched on.
        seed: The same one gives the same films.

    Returns:
        (N, H, W) uint8.
    """
    seen = films[..., np.newaxis].astype(np.float32) / 255
    for layer in layers_of(changes, seed):
        seen = layer(seen, training=True)
    return np.rint(np.asarray(seen)[..., 0] * 255).astype(np.uint8)


def draw_sheet(films: Pixels, rows: Mapping[str, Changes], seed: int) -> Image.Image:
    """Draw the films side by side, a line for each row under its heading; grey.

    Args:
        films: (N, H, W) uint8.
        rows: Changes by heading.
        seed: Of the draws, the same in each row.
    """
    row_px = HEADING_PX + CELL_PX + GAP_PX
    size = (GAP_PX + len(films) * (CELL_PX + GAP_PX), len(rows) * row_px)
    sheet = Image.new("L", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(TEXT_PX)
    for line, (heading, changes) in enumerate(rows.items()):
        pen.text((GAP_PX, line * row_px + 4), heading, INK, font)
        for place, film in enumerate(augment_films(films, changes, seed)):
            left = GAP_PX + place * (CELL_PX + GAP_PX)
            sheet.paste(_cell(film), (left, line * row_px + HEADING_PX))
    return sheet


def _cell(film: Pixels) -> Image.Image:
    """Enlarged by repeating its pixels: no detail shall seem to be there that is not."""
    finer = film.shape[0] > CELL_PX
    how = Image.Resampling.LANCZOS if finer else Image.Resampling.NEAREST
    return Image.fromarray(film).resize((CELL_PX, CELL_PX), how)
