"""Explanations of a model, as the stage `explain` writes them, with noise as pictures."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.atomic import write_json
from tests.activation_pictures import write_activation_pictures
from tests.explained_cases import write_cases

LAYERS = ["block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2"]


def write_explanations(
    folder: Path, evaluation: dict[str, Any], predictions: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Write explanations.json, its pictures and heat maps, grades of the methods, activations."""
    explanations: dict[str, Any] = {
        "model": evaluation["model"],
        "threshold": evaluation["operating_point"]["threshold"],
        "target_class": "PNEUMONIA",
        "gradcam_layer": LAYERS[-1],
        "conv_layers": LAYERS,
        "missing_outcomes": [],
    }
    explanations |= write_cases(folder, evaluation, predictions, rng)
    write_json(folder / "explanations.json", explanations)
    write_activation_pictures(folder, evaluation["classes"], explanations["cases"][:2])
