"""Pictures of each layer: a sheet of every channel for each film, and films made for channels."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tasks.core.image_store.store import Pixels
from tasks.core.params.reporting import ExplainParams
from tasks.explain.activations.feature_maps import (
    Maps,
    evenly_spaced,
    record_feature_maps,
    silent_channels,
)
from tasks.explain.activations.layer_entries import ValidationFilms
from tasks.explain.activations.map_drawing import (
    ColourScale,
    colour_scale,
    draw_channels,
    draw_scale,
    join_scales,
)
from tasks.explain.activations.maximisation import maximise_channels
from tasks.explain.drawing import save_png
from tasks.explain.truncated import TruncatedNetwork

PICTURE_FOLDER = "activations"  # folder, below that of the explanations
MAX_MAXIMISED_LAYERS = 8  # evenly spaced from the first to the last
MAX_MADE_PX = 128  # longest side of a film that is made for a channel
_MADE_GREYS = 32  # grey levels of such a film: keeps the file small


def write_sheets(folder: Path, truncated: TruncatedNetwork, images: Pixels) -> list[dict[str, Any]]:
    """Draw every channel of every layer on each film: one PNG file per layer and film.

    The maps of one film at a time are in memory; they are computed twice, first for the scales.

    Args:
        folder: Folder of the explanations.
        truncated: From `tasks.explain.truncated.truncate`, with at least one convolution.
        images: (N, H, W, 1) uint8 in [0, 255].

    Returns:
        For each layer, as JSON values: `limit` and `is_signed` of its colour scale, `scale`, a
        picture of it, `sheets` and `silent`, the files and the silent channels by film, and
        `form`, where each channel lies.
    """
    films = [images[row : row + 1] for row in range(len(images))]
    by_film = [
        [colour_scale(maps[0]) for maps in record_feature_maps(truncated, film)] for film in films
    ]
    scales = [join_scales(layer) for layer in zip(*by_film, strict=True)]
    entries = [
        {**asdict(scale), "scale": _write_scale(folder, place, scale), "sheets": [], "silent": []}
        for place, scale in enumerate(scales)
    ]
    for row, film in enumerate(films):
        for place, maps in enumerate(record_feature_maps(truncated, film)):
            name = f"{PICTURE_FOLDER}/{place:03d}-{truncated.layers[place]}-film{row}.png"
            entries[place] |= _write_sheet(folder / name, maps[0], scales[place])
            entries[place]["sheets"].append(name)
            entries[place]["silent"].append(silent_channels(maps[0]))
    return entries


def _write_scale(folder: Path, place: int, scale: ColourScale) -> str:
    file = f"{PICTURE_FOLDER}/scale-{place:03d}.png"
    save_png(draw_scale(scale), folder / file)
    return file


def _write_sheet(path: Path, maps: Maps, scale: ColourScale) -> dict[str, Any]:
    sheet, form = draw_channels(maps, scale)
    save_png(sheet, path)
    return {"form": {**asdict(form), "size_px": list(sheet.size)}}


def write_maximised(
    folder: Path, truncated: TruncatedNetwork, validation: ValidationFilms, params: ExplainParams
) -> list[list[dict[str, Any]]]:
    """Make a film for each of the most telling channels of each depth that is shown.

    Args:
        folder: Folder of the explanations.
        truncated: From `truncate(model, "float32")`, with at least one convolution.
        validation: The films that choose the channels.
        params: Section `explain`.

    Returns:
        For each layer, as JSON values: channel, file, `mean` activation that the film reaches,
        and the largest one of a validation film.
    """
    entries: list[list[dict[str, Any]]] = [[] for _ in truncated.layers]
    for place in evenly_spaced(len(truncated.layers), MAX_MAXIMISED_LAYERS):
        channels = validation.tests[place].order[: params.n_maximised]
        if channels:
            films, means = maximise_channels(truncated, place, channels, params.seed)
            entries[place] = [
                {
                    "channel": channel,
                    "file": _write_made(folder, place, channel, film),
                    "mean": float(mean),
                    "most_of_validation": float(validation.means[place][:, channel].max()),
                }
                for channel, film, mean in zip(channels, films, means, strict=True)
            ]
    return entries


def _write_made(folder: Path, place: int, channel: int, film: Pixels) -> str:
    file = f"{PICTURE_FOLDER}/made-{place:03d}-{channel}.png"
    picture = Image.fromarray(film[..., 0]).reduce(-(-max(film.shape) // MAX_MADE_PX))
    step = 256 // _MADE_GREYS
    coarse = np.asarray(picture) // step * step + step // 2
    save_png(Image.fromarray(coarse.astype(np.uint8)), folder / file)
    return file
