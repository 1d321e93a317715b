import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.errors import EvaluationError, TableError
from tasks.core.image_store.builder import write_store
from tasks.core.image_store.store import ImageStore
from tasks.explain.__main__ import main
from tests.cohorts import save_with_contract

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

MODEL = "minivggnet"
ROOT = Path(__file__).parents[2]
SIZE_PX = 16
# (image_id, patient_id, positive, prob_positive): one FP, no FN at threshold 0.5
FILMS = [
    ("a1", "p1", True, 0.98),
    ("a2", "p2", True, 0.55),
    ("a3", "p3", True, 0.80),
    ("b1", "p4", False, 0.03),
    ("b2", "p5", False, 0.45),
    ("b3", "p6", False, 0.70),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Outputs of the earlier stages, for a small model with random weights."""
    root = tmp_path_factory.mktemp("made")
    shutil.copy(ROOT / "params.yaml", root)
    write_model(root / paths.model_dir(MODEL))
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (len(FILMS), SIZE_PX, SIZE_PX), dtype=np.uint8)
    write_store(root / paths.IMAGES, [film[0] for film in FILMS], SIZE_PX, pixels)
    write_predictions(root / paths.predictions(MODEL))
    confusion = {"tp": 3, "fp": 1, "tn": 2, "fn": 0}
    write_json(
        root / paths.evaluation(MODEL),
        {
            "model": MODEL,
            "classes": ["NORMAL", "PNEUMONIA"],
            "negative_class": "NORMAL",
            "operating_point": {"threshold": 0.5},
            "test": {"confusion": confusion},
        },
    )
    return root


@pytest.fixture
def run_in(made, tmp_path, monkeypatch):
    """A fresh copy of these outputs, as the current folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_model(folder: Path) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(11)
    images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255)(images)
    x = layers.RandomZoom(0.1, name="augment_zoom")(x)
    for block in (1, 2):
        x = layers.Conv2D(20, 3, padding="same", name=f"block{block}_conv1")(x)
        x = layers.ReLU(name=f"block{block}_relu1")(x)
        x = layers.BatchNormalization(name=f"block{block}_bn1")(x)
        x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
    x = layers.Dense(2, name="logits", dtype="float32")(layers.Flatten(name="flatten")(x))
    model = keras.Model(images, layers.Softmax(name="predictions", dtype="float32")(x))
    save_with_contract(model, MODEL, folder)


def write_predictions(path: Path) -> None:
    columns = ["image_id", "patient_id", "positive", "prob_positive"]
    table = pd.DataFrame(FILMS, columns=columns)
    table["path"] = "chest_xray/test/" + table["image_id"] + ".jpeg"
    table["split"] = "test"
    table["label"] = ["PNEUMONIA"] * 3 + ["NORMAL"] * 3
    table["outcome"] = ["TP", "TP", "TP", "TN", "TN", "FP"]
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(path)


def explain() -> dict:
    main(argparse.Namespace(model=MODEL))
    return json.loads(paths.explanations_json(MODEL).read_text("utf-8"))


@pytest.mark.usefixtures("run_in")
def test_network_without_convolution_gets_its_first_weights_and_films_shown():
    from keras import Input, Model, layers

    images = Input((SIZE_PX, SIZE_PX, 1), dtype="uint8")
    x = layers.Flatten(name="flatten")(layers.Rescaling(1 / 255)(images))
    x = layers.Dense(2, name="logits")(layers.ReLU()(layers.Dense(40, name="fc1")(x)))
    shutil.rmtree(paths.model_dir(MODEL))
    save_with_contract(Model(images, layers.Softmax()(x)), MODEL, paths.model_dir(MODEL))

    explained = explain()

    assert (explained["gradcam_layer"], explained["conv_layers"]) == (None, [])
    filters = explained["filters"]
    assert (filters["layer"], filters["shape"]) == ("fc1", [SIZE_PX, SIZE_PX, 1, 40])
    assert filters["n_shown"] == 16
    assert [film["outcome"] for film in explained["films"]] == ["TP", "TP", "TN", "TN", "FP"]
    assert all(film["gradcam"] is None and not film["activations"] for film in explained["films"])
    named = {"explanations.json", "filters.png", *(film["input"] for film in explained["films"])}
    assert set(contents(paths.explanations(MODEL))) == named


def contents(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


@pytest.mark.usefixtures("run_in")
def test_folder_contains_the_listed_pictures_and_no_others():
    explained = explain()

    named = {"explanations.json", explained["filters"]["file"]}
    for film in explained["films"]:
        named |= {film["input"], film["gradcam"], *(map_["file"] for map_ in film["activations"])}
    assert set(contents(paths.explanations(MODEL))) == named
    for name in named - {"explanations.json"}:
        with Image.open(paths.explanations(MODEL) / name) as picture:
            picture.load()
            assert min(picture.size) > 20


@pytest.mark.usefixtures("run_in")
def test_json_lists_films_layers_and_missing_outcomes():
    explained = explain()

    chosen = [(film["outcome"], film["image_id"]) for film in explained["films"]]
    assert chosen == [("TP", "a1"), ("TP", "a2"), ("TN", "b1"), ("TN", "b2"), ("FP", "b3")]
    assert explained["missing_outcomes"] == ["FN"]
    assert explained["gradcam_layer"] == "block2_conv1"
    assert explained["target_class"] == "PNEUMONIA"
    assert explained["filters"]["shape"] == [3, 3, 1, 20]
    first, second = explained["films"][0]["activations"]
    assert (first["layer"], first["shape"]) == ("block1_conv1", [16, 16, 20])
    assert (second["layer"], second["shape"]) == ("block2_conv1", [8, 8, 20])
    assert first["n_shown"] == len(set(first["channels"])) == 16  # explain.n_channels


def test_grid_shows_the_listed_channels_in_order(run_in):
    from tasks.core.classifier import load_classifier
    from tasks.explain.drawing import draw_feature_maps
    from tasks.explain.feature_maps import record_feature_maps
    from tasks.explain.truncated import truncate

    listed = explain()["films"][0]["activations"][0]

    network = truncate(load_classifier(run_in / paths.model_dir(MODEL)))
    maps = record_feature_maps(network, ImageStore(run_in / paths.IMAGES).read(["a1"]))[0][0]
    expected = draw_feature_maps(np.stack([maps[..., channel] for channel in listed["channels"]]))
    with Image.open(paths.explanations(MODEL) / listed["file"]) as picture:
        np.testing.assert_array_equal(np.asarray(picture), np.asarray(expected))
    assert listed["channels"] != sorted(listed["channels"])


def test_two_runs_write_the_same_bytes(run_in):
    explain()
    once = contents(paths.explanations(MODEL))
    (run_in / paths.explanations(MODEL) / "left-over.png").write_bytes(b"")

    explain()

    assert contents(paths.explanations(MODEL)) == once


def test_input_picture_is_the_film_of_the_store(run_in):
    film = explain()["films"][0]

    with Image.open(paths.explanations(MODEL) / film["input"]) as picture:
        drawn = np.asarray(picture)[::16, ::16]  # 16 px drawn 16 times as large
    stored = ImageStore(run_in / paths.IMAGES).view(0)  # a1
    np.testing.assert_array_equal(drawn, stored)


def test_model_file_is_not_changed(run_in):
    model = run_in / paths.model_dir(MODEL)
    before = contents(model)

    explain()

    assert contents(model) == before


@pytest.mark.usefixtures("run_in")
def test_evaluation_with_another_threshold_are_refused_and_nothing_is_written():
    evaluation = json.loads(paths.evaluation(MODEL).read_text("utf-8"))
    evaluation["operating_point"]["threshold"] = 0.6
    write_json(paths.evaluation(MODEL), evaluation)

    with pytest.raises(TableError, match=r"a2\.jpeg: outcome TP, .* 0\.6 it must be FN"):
        explain()
    assert not paths.explanations(MODEL).exists()


@pytest.mark.usefixtures("run_in")
def test_images_of_another_size_are_refused():
    write_store(paths.IMAGES, [film[0] for film in FILMS], SIZE_PX * 2, [0] * len(FILMS))

    with pytest.raises(EvaluationError, match=r"16, 16, 1"):
        explain()


@pytest.mark.usefixtures("run_in")
def test_stage_runs_on_jax_and_explains_the_same_films():
    on_tensorflow = explain()
    shutil.rmtree(paths.explanations(MODEL))

    done = subprocess.run(
        [sys.executable, "-m", "tasks.explain", "--model", MODEL],
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    on_jax = json.loads(paths.explanations_json(MODEL).read_text("utf-8"))
    assert on_jax["filters"] == on_tensorflow["filters"]
    for found, expected in zip(on_jax["films"], on_tensorflow["films"], strict=True):
        for key in ("image_id", "target_class", "gradcam", "gradcam_empty"):
            assert found[key] == expected[key]
        assert (paths.explanations(MODEL) / found["gradcam"]).exists()


def test_help_imports_nothing_heavy():
    code = (
        "import sys, runpy; sys.argv[1:] = ['--help']\n"
        "try: runpy.run_module('tasks.explain', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(sorted({'keras', 'tensorflow', 'pandas', 'numpy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "Stage `explain`" in done.stdout
    assert done.stdout.rstrip().endswith("[]")
