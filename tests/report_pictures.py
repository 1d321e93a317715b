"""Explanations of a model, as the stage `explain` writes them, with noise as pictures."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from PIL import Image

from tasks.core.atomic import write_json

MAGMA = mpl.colormaps["magma"](np.linspace(0, 1, 64))[:, :3]
LAYERS = {"block1_conv1": 32, "block1_conv2": 32, "block2_conv1": 64, "block2_conv2": 64}


def write_explanations(
    folder: Path, evaluation: dict[str, Any], predictions: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Write explanations.json and its pictures: two films of each outcome, four layers each."""
    films = []
    test = predictions[predictions["split"] == "test"]
    for outcome in ("TP", "TN", "FP", "FN"):
        for number, film in enumerate(test[test["outcome"] == outcome].head(2).itertuples(), 1):
            name = f"{outcome}-{number}"
            _draw(folder / name / "input.png", rng, 64, 4, "L")
            _draw(folder / name / "gradcam.png", rng, 64, 4, "P")
            films.append(
                {
                    "image_id": film.image_id,
                    "path": film.path,
                    "patient_id": film.patient_id,
                    "outcome": outcome,
                    "label": film.label,
                    "prob_positive": film.prob_positive,
                    "why": f"highest probability among {outcome}",
                    "input": f"{name}/input.png",
                    "gradcam": f"{name}/gradcam.png",
                    "activations": [_layer(folder, name, layer, rng) for layer in LAYERS],
                }
            )
    _draw(folder / "filters.png", rng, 24, 16, "P")
    explanations = {
        "model": evaluation["model"],
        "threshold": evaluation["operating_point"]["threshold"],
        "target_class": "PNEUMONIA",
        "gradcam_layer": "block2_conv2",
        "conv_layers": list(LAYERS),
        "filters": {
            "layer": "block1_conv1",
            "file": "filters.png",
            "shape": [3, 3, 1, 32],
            "n_shown": 32,
        },
        "films": films,
        "missing_outcomes": [],
    }
    write_json(folder / "explanations.json", explanations)


def _layer(folder: Path, name: str, layer: str, rng: np.random.Generator) -> dict[str, Any]:
    side_px = 64 if layer.startswith("block1") else 32
    _draw(folder / name / f"{layer}.png", rng, 4 * side_px, 512 // (4 * side_px), "P")
    return {
        "layer": layer,
        "shape": [side_px, side_px, LAYERS[layer]],
        "n_shown": 16,
        "file": f"{name}/{layer}.png",
        "share_dead": 0.0625,
    }


def _draw(path: Path, rng: np.random.Generator, side_px: int, factor: int, mode: str) -> None:
    """Draw two bright areas with noise, enlarged `factor` times: as large as a real picture."""
    y, x = np.mgrid[:side_px, :side_px] / side_px
    lungs = 150 * (np.exp(-(((x - 0.3) / 0.16) ** 2)) + np.exp(-(((x - 0.7) / 0.16) ** 2)))
    noise = rng.normal(200 - lungs * np.sin(np.pi * y), 14)
    grey = Image.fromarray(noise.clip(0, 255).astype(np.uint8) // (4 if mode == "P" else 1))
    size = (side_px * factor, side_px * factor)
    path.parent.mkdir(parents=True, exist_ok=True)
    enlarged = grey.resize(size, Image.Resampling.NEAREST)
    if mode == "P":
        enlarged.putpalette((MAGMA * 255).astype(np.uint8).tobytes())
    enlarged.save(path)
