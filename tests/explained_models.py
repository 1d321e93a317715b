"""Small networks with random weights, and the outputs of the stages before `explain`."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.image_store.builder import write_store
from tests.cohorts import save_with_contract
from tests.explained_cases import write_films

ROOT = Path(__file__).parents[1]
MODEL = "minivggnet"
SIZE_PX = 32
TWO = ("NORMAL", "PNEUMONIA")
KINDS = ("COVID", "NORMAL", "VIRAL")
THRESHOLD = 0.5
# image_id, patient_id, index of the label, probabilities of TWO or KINDS are drawn from them
N_TEST, N_OTHER = 8, 6
FAST = {
    "n_shared": 2,
    "n_per_outcome": 1,
    "n_lime_samples": 50,
    "n_graded": 3,
    "n_activation_films": 1,
    "n_maximised": 1,
}


def write_state(
    root: Path,
    classes: Sequence[str] = TWO,
    negative: str | None = "NORMAL",
    *,
    dense: bool = False,
) -> None:
    """Write everything that `explain` reads, for a network with random weights."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["explain"] |= FAST
    (root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
    write_network(root / paths.model_dir(MODEL), classes, dense=dense)
    films = films_of(classes)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (len(films), SIZE_PX, SIZE_PX), dtype=np.uint8)
    write_store(root / paths.IMAGES, films["image_id"].tolist(), SIZE_PX, pixels)
    films.to_parquet(root / paths.SAMPLES)
    called = called_films(films[films["split"] != "train"], classes, negative)
    (root / paths.PREDICTIONS).mkdir(parents=True, exist_ok=True)
    called.to_parquet(root / paths.predictions(MODEL))
    test = called[called["split"] == "test"]
    write_films(root, test, is_synthetic=True, size_px=SIZE_PX)
    write_json(root / paths.evaluation(MODEL), evaluation_of(test, classes, negative))


def films_of(classes: Sequence[str]) -> pd.DataFrame:
    """Films of all splits, sorted by image id; labels in turn."""
    splits = ["test"] * N_TEST + ["train"] * N_OTHER + ["val"] * N_OTHER
    table = pd.DataFrame({"split": splits})
    table["image_id"] = [f"{split}-{n:02}" for n, split in enumerate(splits)]
    table["label"] = [classes[n % len(classes)] for n in range(len(table))]
    table["patient_id"] = "p-" + table["image_id"]
    table["path"] = "chest_xray/" + table["image_id"] + ".jpeg"
    return table


def called_films(films: pd.DataFrame, classes: Sequence[str], negative: str | None) -> pd.DataFrame:
    """Every fourth film is called another class."""
    table = films.reset_index(drop=True)
    truth = table["label"].map(list(classes).index).to_numpy()
    called = (truth + (np.arange(len(table)) % 4 == 3)) % len(classes)
    prob = 0.6 + np.arange(len(table)) / 100
    for k, name in enumerate(classes):
        table[f"prob_{name}"] = np.where(called == k, prob, (1 - prob) / (len(classes) - 1))
        table[f"logit_{name}"] = np.log(table[f"prob_{name}"]).astype(np.float32)
    table["called_class"] = [classes[one] for one in called]
    if negative is None:
        return table
    table["positive"] = table["label"] != negative
    table["prob_positive"] = 1 - table[f"prob_{negative}"]
    is_called = table["prob_positive"] >= THRESHOLD
    names = {(True, True): "TP", (True, False): "FN", (False, True): "FP", (False, False): "TN"}
    pairs = zip(table["positive"], is_called, strict=True)
    return table.assign(outcome=[names[truth, call] for truth, call in pairs])


def evaluation_of(
    test: pd.DataFrame, classes: Sequence[str], negative: str | None
) -> dict[str, Any]:
    """The keys of evaluation.json that `explain` reads."""
    counted = pd.crosstab(test["label"], test["called_class"])
    counted = counted.reindex(index=classes, columns=classes, fill_value=0)
    confusion = None
    if negative is not None:
        confusion = {one: int((test["outcome"] == one.upper()).sum()) for one in CONFUSION}
    return {
        "model": MODEL,
        "classes": list(classes),
        "negative_class": negative,
        "operating_point": {"threshold": None if negative is None else THRESHOLD},
        "test": {"confusion": confusion},
        "classes_view": {"test": {"matrix": counted.to_numpy().tolist()}},
    }


CONFUSION = ("tp", "tn", "fp", "fn")


def write_network(folder: Path, classes: Sequence[str], *, dense: bool) -> None:
    """Write a network of two convolutions, or of dense layers only."""
    import keras
    from keras import layers

    if folder.exists():
        shutil.rmtree(folder)
    keras.utils.set_random_seed(11)
    images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255)(images)
    if dense:
        x = layers.ReLU()(layers.Dense(12, name="fc1")(layers.Flatten(name="flatten")(x)))
    else:
        x = layers.RandomZoom(0.1, name="augment_zoom")(x)
        for block in (1, 2):
            x = layers.Conv2D(6, 3, padding="same", name=f"block{block}_conv1")(x)
            x = layers.ReLU(name=f"block{block}_relu1")(x)
            x = layers.BatchNormalization(name=f"block{block}_bn1")(x)
            x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
        x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(len(classes), name="logits", dtype="float32")(x)
    model = keras.Model(images, layers.Softmax(name="predictions", dtype="float32")(x))
    save_with_contract(model, MODEL, folder, classes=tuple(classes))
