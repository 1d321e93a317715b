"""The stage `train-onnx` as `dvc repro` runs it, on a small network of random weights."""

import argparse
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.decision.hashes import hash_file
from tasks.core.errors import EvaluationError, TrainingError
from tasks.core.image_store.store import ImageStore
from tasks.core.onnx_file import LOGITS, PROBABILITIES, OnnxMetadata, read_metadata
from tasks.core.params import load_params
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, write_table
from tasks.resize.fill_store import settings_of
from tests.cohorts import (
    CLASSES,
    draw_squares,
    manifest_of,
    save_with_contract,
    squares_cohort,
    store_films,
)
from tests.films import stage_environment, workspace

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

MODEL = "minivggnet"
SIZE_PX = 32
COHORT = squares_cohort({"train": 16, "val": 24, "test": 8})


def write_network(root: Path, seed: int) -> None:
    """A convolution, a global mean and the guard."""
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    import keras
    from keras import layers

    from tasks.train.network.guard import add_guard, fit_guard, guard_films

    keras.utils.set_random_seed(seed)
    images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8", name="images")
    x = layers.Rescaling(1 / 255)(images)
    x = layers.Conv2D(3, 3, activation="relu", name="conv")(x)
    x = layers.GlobalAveragePooling2D(name="head_pool")(x)
    x = layers.Softmax(name="predictions")(layers.Dense(2, name="logits")(x))
    model = keras.Model(images, x, name=MODEL)
    guard = fit_guard(guard_films(COHORT, ImageStore(root / paths.IMAGES)))
    shutil.rmtree(root / paths.model_dir(MODEL), ignore_errors=True)
    save_with_contract(add_guard(model, guard), MODEL, root / paths.model_dir(MODEL))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The inputs of the stage."""
    from tasks.evaluate.contract.__main__ import main

    root = workspace(tmp_path_factory.mktemp("made"), resize={"size_px": SIZE_PX})
    write_table(COHORT, SAMPLES_SCHEMA, root / paths.SAMPLES)
    manifest = manifest_of(COHORT).assign(is_synthetic=True)
    write_table(manifest, MANIFEST_SCHEMA, root / paths.MANIFEST)
    store_films(root / paths.IMAGES, COHORT, draw_squares(COHORT, SIZE_PX))
    facts = root / paths.IMAGES / "store.json"
    settings = settings_of(load_params(root / paths.PARAMS).resize)
    write_json(facts, read_json(facts) | {"settings": settings})
    write_network(root, seed=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        main(argparse.Namespace(model=MODEL))
    return root


def start(root: Path, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tasks.train.onnx", "--model", MODEL],
        cwd=root,
        env=stage_environment() | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def exported(made, tmp_path_factory) -> tuple[Path, str]:
    root = tmp_path_factory.mktemp("exported")
    shutil.copytree(made, root, dirs_exist_ok=True)
    process = start(root)
    out, log = process.communicate(timeout=300)
    assert (process.returncode, out) == (0, ""), log
    return root, log


def metadata_in(root: Path) -> OnnxMetadata:
    return read_metadata((root / paths.onnx_file(MODEL)).read_bytes(), "model.onnx")


def test_stage_ends_with_one_line_in_the_log(exported):
    _, log = exported
    assert log.startswith("[train-onnx] minivggnet: 0.")
    assert log.endswith(
        "heat maps by class activation map: only linear layers lie between the last maps and the"
        " logits: head_pool, logits\n"
    )
    assert log.count("\n") == 1


def test_file_holds_all_that_screening_needs(exported):
    root, _ = exported
    found = metadata_in(root)
    assert found.contract == read_json(root / paths.decision_file(MODEL))
    assert found.novelty == (root / paths.novelty_file(MODEL)).read_bytes()
    assert found.square.model_dump() == {
        key: value
        for key, value in ImageStore(root / paths.IMAGES).settings.items()
        if key != "facts"
    }
    assert found.examination.model_dump() == {"min_side_px": 64, "max_colour": 12.0}
    assert found.is_synthetic
    assert found.heat_weights.shape == (3, 2)
    train = sorted(COHORT.loc[COHORT["split"] == "train", "image_id"])
    films = ImageStore(root / paths.IMAGES).read(train)
    np.testing.assert_array_equal(found.average_film, np.rint(films.mean(axis=0)))


def test_runtime_gives_the_answers_of_keras(exported):
    from tasks.core.classifier import load_classifier, predict_logits
    from tasks.train.onnx.same_answers import answers_of_file

    root, _ = exported
    films = ImageStore(root / paths.IMAGES).read(list(COHORT["image_id"]))
    data = (root / paths.onnx_file(MODEL)).read_bytes()
    found = answers_of_file(data, films, MODEL)
    model = load_classifier(root / paths.model_dir(MODEL))
    np.testing.assert_allclose(found[LOGITS], predict_logits(model, films), atol=1e-5)
    np.testing.assert_allclose(found[PROBABILITIES], np.asarray(model(films)), atol=1e-5)
    assert found[PROBABILITIES].shape == (len(COHORT), len(CLASSES))


@pytest.mark.slow
def test_fresh_process_writes_the_same_bytes_whatever_keras_backend_says(exported, tmp_path):
    root, _ = exported
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    (tmp_path / paths.onnx_file(MODEL)).unlink()
    process = start(tmp_path, KERAS_BACKEND="jax", PYTHONHASHSEED="7", TF_NUM_INTRAOP_THREADS="1")
    _, log = process.communicate(timeout=300)
    assert process.returncode == 0, log
    assert hash_file(tmp_path / paths.onnx_file(MODEL)) == hash_file(root / paths.onnx_file(MODEL))


@pytest.mark.slow
def test_interrupted_run_leaves_the_former_file(exported, tmp_path):
    root, _ = exported
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    target = tmp_path / paths.onnx_file(MODEL)
    target.write_bytes(b"former")
    process = start(tmp_path)
    maps = Path(f"/proc/{process.pid}/maps")
    deadline_s = time.monotonic() + 120
    while "onnx_cpp2py" not in maps.read_text() and time.monotonic() < deadline_s:
        time.sleep(0.02)
    time.sleep(1)  # the conversion takes some seconds
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=120)
    assert process.returncode == 130, log
    assert "interrupted; no half-written file is left" in log
    assert [path.name for path in target.parent.iterdir()] == ["model.onnx"]
    assert target.read_bytes() == b"former"


def run_here(root: Path, monkeypatch) -> None:
    from tasks.train.onnx.__main__ import main

    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.chdir(root)
    main(argparse.Namespace(model=MODEL))


def test_contract_of_another_network_is_refused(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    write_network(tmp_path, seed=5)
    with pytest.raises(EvaluationError, match="of this network"):
        run_here(tmp_path, monkeypatch)
    assert not (tmp_path / paths.onnx_file(MODEL)).exists()


def test_file_with_other_answers_is_never_written(made, tmp_path, monkeypatch):
    from tasks.train.onnx import export

    def spoilt(network):
        model = convert(network)
        for one in model.graph.initializer:
            if one.data_type == 1 and one.raw_data and len(one.dims) == 4:
                one.raw_data = bytes(len(one.raw_data))
        return model

    convert = export.convert
    monkeypatch.setattr(export, "convert", spoilt)
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    with pytest.raises(TrainingError, match=r"give the answers of its network(.|\n)*minivggnet"):
        run_here(tmp_path, monkeypatch)
    assert not (tmp_path / paths.onnx_file(MODEL)).exists()


def test_missing_contract_is_one_message(made, tmp_path):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / paths.decision_dir(MODEL))
    process = start(tmp_path)
    _, log = process.communicate(timeout=120)
    assert process.returncode == 1
    assert log.startswith("[train-onnx] ERROR: ")
    assert "Traceback" not in log
