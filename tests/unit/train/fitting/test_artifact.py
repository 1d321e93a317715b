import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from tasks.core.classifier import load_classifier, predict_logits, read_contract
from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.fit import TrainingRun
from tasks.train.network.build import build_classifier
from tests.cohorts import STILL, train_params

ROOT = Path(__file__).resolve().parents[4]
AUGMENT = STILL.model_copy(update={"zoom": 0.1, "rotation_deg": 5.0, "contrast": 0.2})
FILMS = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 1), dtype=np.uint8)

FIT_ONCE = """
import sys
from pathlib import Path
from tasks.core.classifier import prepare_backend
prepare_backend()
from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.fit import fit
from tests.cohorts import STILL, draw_squares, squares_cohort, store_films, train_params
folder, seed = Path(sys.argv[1]), int(sys.argv[2])
samples = squares_cohort()
store = store_films(folder / "images", samples, draw_squares(samples, 32))
augment = STILL.model_copy(
    update={"shift": 0.1, "zoom": 0.1, "rotation_deg": 5.0, "brightness": 0.1, "contrast": 0.1}
)
run = fit("minivggnet", samples, store, train_params(seed=seed, augment=augment), folder / "live")
save_classifier(run, folder / "model")
"""


@pytest.fixture(scope="module")
def run() -> TrainingRun:
    keras.utils.set_random_seed(5)
    model = build_classifier("minivggnet", 16, 2, AUGMENT, seed=5)
    model.compile("adam", "categorical_crossentropy")
    model.fit(FILMS, np.eye(2)[[0, 1] * 3], epochs=1, verbose=0)
    return TrainingRun(model, ("NORMAL", "PNEUMONIA"), "float32", 5, 9, 4, 0.25)


@pytest.mark.slow
def test_two_saves_at_different_times_have_the_same_bytes(run, tmp_path):
    save_classifier(run, tmp_path / "a")
    time.sleep(2.1)  # times in a zip have a resolution of two seconds
    save_classifier(run, tmp_path / "b")
    for name in ("model.keras", "model.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_folder_has_two_files_and_no_time_of_writing(run, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/left-over").write_text("")
    save_classifier(run, tmp_path / "model")
    assert {path.name for path in tmp_path.iterdir()} == {"model"}
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"model.keras", "model.json"}
    with zipfile.ZipFile(tmp_path / "model/model.keras") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())
        metadata = json.loads(archive.read("metadata.json"))
        config = archive.read("config.json").decode()
    assert metadata["date_saved"].startswith("1980-01-01")
    assert metadata["keras_version"] == keras.__version__
    shared = {int(number) for number in re.findall(r'"shared_object_id": (\d+)', config)}
    assert shared <= set(range(1, len(shared) + 1))  # small numbers, not memory addresses


def test_file_has_the_weights_once_and_no_optimiser(run, tmp_path):
    save_classifier(run, tmp_path / "model")
    n_bytes = 4 * run.model.count_params()
    assert n_bytes < (tmp_path / "model/model.keras").stat().st_size < n_bytes + 100_000


def test_contract_describes_input_and_output(run, tmp_path):
    save_classifier(run, tmp_path / "model")
    assert json.loads((tmp_path / "model/model.json").read_text("utf-8")) == {
        "model": "minivggnet",
        "size_px": 16,
        "classes": ["NORMAL", "PNEUMONIA"],
        # 9,824 + 55,936 + (4*4*64 * 512 + 512) + 2,048 + 1,026
        "n_parameters": 593_634,
        "precision": "float32",
        "seed": 5,
        "n_seeds": 1,
        "epochs_run": 9,
        "best_epoch": 4,
        "input": {
            "dtype": "uint8",
            "range": [0, 255],
            "channels": 1,
            "polarity": "bright = dense",
        },
    }
    with zipfile.ZipFile(tmp_path / "model/model.keras") as archive:
        inside = json.loads(archive.read("contract.json"))
    assert inside == json.loads((tmp_path / "model/model.json").read_text("utf-8"))
    (tmp_path / "model/model.json").unlink()  # model.keras alone is enough
    contract = read_contract(tmp_path / "model")
    assert (contract.size_px, contract.classes) == (16, ("NORMAL", "PNEUMONIA"))


def test_settings_stand_beside_the_contract_and_change_no_byte_of_the_network(run, tmp_path):
    settings = train_params(learning_rate=0.25).model_dump(mode="json")
    save_classifier(run, tmp_path / "model")
    bare = (tmp_path / "model/model.keras").read_bytes()
    contract = json.loads((tmp_path / "model/model.json").read_text("utf-8"))
    save_classifier(run, tmp_path / "model", settings=settings)
    assert (tmp_path / "model/model.keras").read_bytes() == bare
    described = json.loads((tmp_path / "model/model.json").read_text("utf-8"))
    assert described == contract | {"settings": settings}
    assert described["settings"]["learning_rate"] == 0.25
    assert read_contract(tmp_path / "model").size_px == 16  # the copy is still checked


def test_loaded_model_predicts_exactly_like_the_model_in_memory(run, tmp_path):
    save_classifier(run, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    np.testing.assert_array_equal(predict_logits(loaded, FILMS), predict_logits(run.model, FILMS))
    names = [layer.name for layer in run.model.layers]
    assert "augment_film" in names
    assert [layer.name for layer in loaded.layers] == [
        name for name in names if name != "augment_film"
    ]


def test_our_own_augmentation_layers_are_not_in_the_file(tmp_path):
    class Ours(keras.layers.Layer):  # not registered: loading the file would need this class
        def call(self, images, training=False):
            return images * 2 if training else images

    images = keras.Input((16, 16, 1), dtype="uint8", name="images")
    x = keras.layers.Rescaling(1 / 255)(images)
    x = Ours(name="augment_ours")(x)
    logits = keras.layers.Dense(2, name="logits")(keras.layers.Flatten()(x))
    model = keras.Model(images, keras.layers.Softmax(name="predictions")(logits))
    save_classifier(TrainingRun(model, ("A", "B"), "float32", 0, 1, 1, 0.5), tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    np.testing.assert_array_equal(predict_logits(loaded, FILMS), predict_logits(model, FILMS))


def fit_in_a_process(folder: Path, seed: int, *prefix: str) -> bytes:
    subprocess.run(
        [*prefix, sys.executable, "-c", FIT_ONCE, str(folder), str(seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(seed + len(prefix)), "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=300,
    )
    return (folder / "model/model.keras").read_bytes()


@pytest.mark.slow
def test_two_processes_give_the_same_bytes_and_another_seed_does_not(tmp_path):
    first = fit_in_a_process(tmp_path / "a", 3)
    assert fit_in_a_process(tmp_path / "b", 3) == first
    assert fit_in_a_process(tmp_path / "c", 4) != first


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("taskset") is None, reason="taskset is not installed")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="the machine has one core only")
def test_one_core_and_all_cores_give_the_same_bytes(tmp_path):
    core = str(min(os.sched_getaffinity(0)))
    one = fit_in_a_process(tmp_path / "one", 3, "taskset", "-c", core)
    assert fit_in_a_process(tmp_path / "all", 3) == one
