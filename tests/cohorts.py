"""A tiny cohort that a network can learn: positive films show a bright square on grey noise."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.atomic import write_json
from tasks.core.image_store.builder import write_store
from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.params import AugmentParams, EvaluateParams, Preset, TrainParams
from tasks.core.tables import MANIFEST_SCHEMA

CLASSES = ("NORMAL", "PNEUMONIA")
SIZES = {"train": 16, "val": 8, "test": 8}  # patients per split, two films each
SQUARE_PX = 10


def augment_params(preset: Preset, **changes: float | bool) -> AugmentParams:
    """Return a preset of `train.augment` with some keys changed."""
    nulls = dict.fromkeys(AugmentParams.model_fields)
    return AugmentParams.model_validate(nulls | {"preset": preset} | changes)


STILL = augment_params("none")


def squares_cohort(n_patients: Mapping[str, int] = SIZES) -> pd.DataFrame:
    """Make the samples: two films per patient; even patients are NORMAL, odd ones PNEUMONIA."""
    rows = []
    for split, n in n_patients.items():
        for patient in range(n):
            for film in (0, 1):
                name = f"{split}-{patient:03d}"
                rows.append((f"{name}-{film}", name, split, patient % 2))
    table = pd.DataFrame(rows, columns=["image_id", "patient_id", "split", "class_index"])
    table["path"] = "films/" + table["image_id"] + ".png"
    table["label"] = [CLASSES[index] for index in table["class_index"]]
    table["subtype"] = None
    table["site"] = None
    table["group_id"] = table["patient_id"]
    table["given_split"] = table["split"]
    table["sample_weight"] = 1.0
    table["n_repeats"] = 1
    table["fold"] = pd.array([None] * len(table), dtype="Int32")
    table["is_synthetic"] = False
    return table


def draw_squares(samples: pd.DataFrame, size_px: int, seed: int = 0) -> Pixels:
    """Draw the films of a cohort in its order: (n, size_px, size_px) uint8."""
    rng = np.random.default_rng(seed)
    films = rng.integers(40, 90, (len(samples), size_px, size_px), dtype=np.uint8)
    for film, positive in zip(films, samples["class_index"], strict=True):
        if positive:
            top, left = rng.integers(0, size_px - SQUARE_PX, 2)
            film[top : top + SQUARE_PX, left : left + SQUARE_PX] += 140
    return films


def store_films(folder: Path, samples: pd.DataFrame, films: Pixels) -> ImageStore:
    """Write an image store of films that are in the order of `samples`."""
    order = np.argsort(samples["image_id"].to_numpy())
    write_store(folder, sorted(samples["image_id"]), films.shape[1], films[order])
    return ImageStore(folder)


def manifest_of(samples: pd.DataFrame) -> pd.DataFrame:
    """Make a manifest in which the file facts of all films are equal."""
    facts = samples[["image_id", "path", "label", "subtype", "given_split", "site"]].copy()
    facts["patient_id"] = samples["patient_id"]
    facts[["width", "height", "bit_depth", "n_bytes"]] = [512, 400, 8, 9000]
    facts[["mode", "format", "layout", "status"]] = ["L", "PNG", "class_folders", "ok"]
    return facts.sort_values("path").reindex(columns=MANIFEST_SCHEMA.names)


def save_with_contract(
    model: Any, name: str, folder: Path, classes: Sequence[str] = CLASSES
) -> None:
    """Write a model folder as the stage `train` does, for a Keras model."""
    from tasks.core.classifier import CONTRACT_MEMBER, INPUT

    contract = {
        "model": name,
        "size_px": model.input_shape[1],
        "classes": list(classes),
        "n_parameters": model.count_params(),
        "precision": "float32",
        "input": INPUT,
    }
    folder.mkdir(parents=True)
    model.save(folder / "model.keras")
    with zipfile.ZipFile(folder / "model.keras", "a") as archive:
        archive.writestr(CONTRACT_MEMBER, json.dumps(contract))
    write_json(folder / "model.json", contract)


def train_params(**changes: object) -> TrainParams:
    """Return section `train` for a training run of seconds."""
    values: dict[str, object] = {
        "epochs": 2,
        "batch_size": 8,
        "seed": 3,
        "n_seeds": 1,
        "precision": "float32",
        "learning_rate": 0.001,
        "schedule": "plateau",
        "warmup_epochs": 0,
        "plateau_factor": 0.1,
        "plateau_patience": 3,
        "early_stopping_patience": 8,
        "average_momentum": None,
        "loss": "cross_entropy",
        "focal_gamma": 2.0,
        "label_smoothing": 0.0,
        "combine_remedies": False,
        "weights": "none",
        "weights_sha256": None,
        "freeze_epochs": 0,
        "fine_tune_learning_rate": 0.0001,
        "group_dro_step": None,
        "average_epochs": None,
        "n_views": 1,
        "augment": STILL,
        "pretraining": {
            "method": "none",
            "epochs": 2,
            "batch_size": 8,
            "projector_units": 16,
            "crop_min_area": 0.08,
        },
    }
    return TrainParams.model_validate(values | changes)


def evaluate_params(**changes: object) -> EvaluateParams:
    """Return section `evaluate` with few bootstrap samples."""
    values: dict[str, object] = {
        "negative_class": "NORMAL",
        "operating_point": "target_sensitivity",
        "target_sensitivity": 0.75,
        "target_specificity": 0.75,
        "threshold_on": "validation",
        "missed_finding_cost": 5.0,
        "prevalences": [0.05, 0.5],
        "coverage": 0.9,
        "max_novel_share": 0.05,
        "n_bootstrap": 200,
        "seed": 0,
        "external": {},
        "external_classes": {},
        "adapt": {"layers": "none", "alpha": 1.0, "n_films": None},
        "robustness": {"min_auroc": None, "max_auroc_loss": None, "max_auroc_without_lungs": None},
        "labels": {"n_folds": 5, "n_listed": 40},
    }
    return EvaluateParams.model_validate(values | changes)
