"""What the stages of the room `evaluate` read, for a network of random weights."""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tasks.core import paths
from tasks.core.decision.decision import Decision, read_decision
from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, write_table
from tests.cohorts import manifest_of, save_with_contract, store_films

ROOT = Path(__file__).resolve().parents[1]
MODEL = "minivggnet"
SIZE_PX = 16


def set_evaluate_params(repository: Path, **changes: object) -> None:
    """Write params.yaml with few resamples and some keys of `evaluate` changed."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    values = {"n_bootstrap": 200, "target_sensitivity": 0.9, "threshold_on": "validation"}
    params["evaluate"] |= values | changes
    (repository / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")


def write_evaluate_inputs(
    root: Path, cohort: pd.DataFrame, films: Pixels, **changes: object
) -> None:
    """Write parameters, tables, images and a network of random weights."""
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    import keras
    from keras import layers

    classes = sorted(cohort["label"].unique())
    set_evaluate_params(root, **changes)
    write_table(cohort, SAMPLES_SCHEMA, root / paths.SAMPLES)
    write_table(manifest_of(cohort), MANIFEST_SCHEMA, root / paths.MANIFEST)
    store_films(root / paths.IMAGES, cohort, films)
    keras.utils.set_random_seed(4)
    images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8")
    x = layers.Flatten()(layers.Rescaling(1 / 255)(images))
    x = layers.Softmax(name="predictions")(layers.Dense(len(classes), name="logits")(x))
    save_with_contract(keras.Model(images, x), MODEL, root / paths.model_dir(MODEL), classes)


def decide_in(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Decision:
    """Run the stage `evaluate-contract` in this process, and read what it decided."""
    from tasks.evaluate.contract.__main__ import main

    monkeypatch.chdir(repository)
    main(argparse.Namespace(model=MODEL))
    return read_decision(MODEL)


def evaluate_in(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the stage `evaluate` in this process."""
    from tasks.evaluate.__main__ import main

    monkeypatch.chdir(repository)
    main(argparse.Namespace(model=MODEL))


def evaluation_in(root: Path) -> dict[str, Any]:
    """Return what the stage `evaluate` found."""
    found: dict[str, Any] = json.loads((root / paths.evaluation(MODEL)).read_text("utf-8"))
    return found


def note_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List that grows by the ids of the films that any store reads from now on."""
    read: list[str] = []
    plain = ImageStore.read

    def noted(store: ImageStore, image_ids: list[str]) -> Pixels:
        read.extend(image_ids)
        return plain(store, image_ids)

    monkeypatch.setattr(ImageStore, "read", noted)
    return read
