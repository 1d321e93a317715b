"""Activations of a model with two small layers, in the form that the stage `explain` writes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tasks.core.atomic import write_json

LAYERS = {"block1_conv1": (8, 4), "block2_conv1": (4, 6)}  # side of the maps, channels
_CELL_PX = 32
_FORM = {"columns": 2, "cell_px": [_CELL_PX, _CELL_PX], "label_px": 14, "gap_px": 3}


def write_activation_pictures(
    folder: Path, classes: Sequence[str], films: Sequence[Mapping[str, Any]]
) -> None:
    """Write `activations.json` and its pictures: noise in the sizes of real ones.

    Channel 1 of each layer tells the classes apart; channel 0 is silent on every film.

    Args:
        folder: Folder of the explanations.
        classes: Names in the order of the logits.
        films: Each with image_id, path, label and called_class.
    """
    rng = np.random.default_rng(5)
    n_channels = sum(n for _, n in LAYERS.values())
    names = ("image_id", "path", "label", "called_class")
    contents = {
        "classes": list(classes),
        "films": [
            {name: film[name] for name in names} | {"file": _draw(folder, f"film-{row}", rng)}
            for row, film in enumerate(films)
        ],
        "filters": {
            "layer": "block1_conv1",
            "file": _draw(folder, "filters", rng),
            "shape": [3, 3, 1, 4],
            "n_shown": 4,
            "limit": 0.3,
            "n_contrast": 3,
        },
        "validation": {
            "n_films": 40,
            "n_channels": n_channels,
            "n_tests": n_channels * (1 if len(classes) == 2 else len(classes)),
            "n_telling": len(LAYERS),
            "level": 0.05,
        },
        "layers": [_layer(folder, place, len(films), rng) for place in range(len(LAYERS))],
    }
    write_json(folder / "activations.json", contents)


def _layer(folder: Path, place: int, n_films: int, rng: np.random.Generator) -> dict[str, Any]:
    name = list(LAYERS)[place]
    side, n_channels = LAYERS[name]
    others = n_channels - 2
    size = [2 * 32 + 3 * 3, n_channels // 2 * 49 + 3]
    return {
        "layer": name,
        "shape": [side, side, n_channels],
        "receptive_field": [3 + 4 * place, 3 + 4 * place],
        "limit": 2.5,
        "is_signed": False,
        "scale": _draw(folder, f"scale-{place}", rng, (168, 12)),
        "form": _FORM | {"size_px": size},
        "sheets": [_draw(folder, f"{place}-{row}", rng, size) for row in range(n_films)],
        "silent": [[0]] * n_films,
        "auroc": [0.5, 0.9] + [0.45] * others,
        "class": [1] * n_channels,
        "p": [1.0, 0.001] + [1.0] * others,
        "telling": [1, *range(2, n_channels), 0],
        "strongest": [[{"channel": 1, "mean": 0.8, "score": 2.25}]] * n_films,
        "sided": [{"n": 1, "as_called": 1}] * n_films,
        "maximised": [
            {
                "channel": 1,
                "file": _draw(folder, f"made-{place}", rng),
                "mean": 3.5,
                "most_of_validation": 0.9,
            }
        ],
    }


def _draw(folder: Path, name: str, rng: np.random.Generator, size: Sequence[int] = (64, 64)) -> str:
    file = f"activations/{name}.png"
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    noise = rng.integers(0, 256, (size[1], size[0]), dtype=np.uint8)
    Image.fromarray(noise // 32 * 32).save(folder / file)
    return file
