import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.core.classifier import INPUT, Contract, load_classifier, predict_logits, read_contract
from tasks.core.errors import EvaluationError

ROOT = Path(__file__).resolve().parents[3]
FILMS = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def model() -> Any:
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    import keras
    from keras import layers

    keras.utils.set_random_seed(2)
    images = keras.Input((8, 8, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255)(images)
    x = layers.RandomZoom(0.3, name="augment_zoom")(x)
    x = layers.Dropout(0.5)(layers.Conv2D(4, 3)(x))
    x = layers.Dense(3, name="logits")(layers.Flatten()(x))
    return keras.Model(images, layers.Softmax(name="predictions")(x))


FACTS = {
    "model": "m",
    "size_px": 8,
    "classes": ["A", "B", "C"],
    "n_parameters": 475,  # convolution: 4 * 9 + 4; dense layer: 6 * 6 * 4 * 3 + 3
    "precision": "float32",
    "input": INPUT,
}


def write_model(folder: Path, model: Any, facts: dict[str, Any] | None) -> None:
    model.save(folder / "model.keras")
    if facts is not None:
        with zipfile.ZipFile(folder / "model.keras", "a") as archive:
            archive.writestr("contract.json", json.dumps(facts))


def test_contract_is_read_from_the_model_file_alone(model, tmp_path):
    write_model(tmp_path, model, FACTS | {"seed": 1})
    assert read_contract(tmp_path) == Contract("m", 8, ("A", "B", "C"), 475, "float32")
    loaded = load_classifier(tmp_path)
    np.testing.assert_array_equal(predict_logits(loaded, FILMS), predict_logits(model, FILMS))


@pytest.mark.parametrize(
    "change",
    [
        {"size_px": 9},
        {"classes": ["A", "B"]},
        {"n_parameters": 474},
        {"input": INPUT | {"polarity": "bright = air"}},
        {"input": INPUT | {"channels": 3}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_contract_of_another_network_is_refused(change, model, tmp_path):
    write_model(tmp_path, model, FACTS | change)
    with pytest.raises(EvaluationError, match="a contract that agree"):
        load_classifier(tmp_path)


def test_missing_file_and_missing_contract_are_refused(model, tmp_path):
    with pytest.raises(EvaluationError, match="FileNotFoundError"):
        read_contract(tmp_path)
    write_model(tmp_path, model, None)
    with pytest.raises(EvaluationError, match=r"contract\.json"):
        load_classifier(tmp_path)
    (tmp_path / "model.keras").write_bytes(b"no archive")
    with pytest.raises(EvaluationError, match="BadZipFile"):
        load_classifier(tmp_path)


@pytest.mark.parametrize("brightest", [0, 1])
def test_films_already_scaled_to_0_and_1_are_refused(brightest, model):
    scaled = np.minimum(FILMS, brightest).astype(np.uint8)
    with pytest.raises(EvaluationError, match=f"no level above {brightest} in 4 images"):
        predict_logits(model, scaled)


def test_logits_come_before_the_softmax(model):
    logits = predict_logits(model, FILMS)
    assert (logits.shape, logits.dtype) == ((4, 3), np.float32)
    odds = np.exp(logits.astype(np.float64))
    expected = np.asarray(model(FILMS, training=False))
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), expected, rtol=1e-5)


def test_logits_are_the_same_each_time_without_dropout_or_augmentation(model):
    np.testing.assert_array_equal(predict_logits(model, FILMS), predict_logits(model, FILMS))


def test_logits_do_not_depend_on_the_batch(model):
    one_by_one = np.concatenate([predict_logits(model, FILMS[k : k + 1]) for k in range(4)])
    np.testing.assert_allclose(predict_logits(model, FILMS), one_by_one, rtol=1e-5, atol=1e-6)


def test_films_of_several_forward_passes_keep_their_order(model):
    many = np.concatenate([FILMS] * 17)  # 68 films; a pass has 64
    np.testing.assert_allclose(
        predict_logits(model, many), np.tile(predict_logits(model, FILMS), (17, 1)), atol=1e-5
    )


@pytest.mark.parametrize(
    "images",
    [
        FILMS.astype(np.float32),
        FILMS[:, :7],
        FILMS[..., 0],
        np.repeat(FILMS, 3, axis=-1),
    ],
    ids=["float", "size", "no channel", "colour"],
)
def test_images_of_another_type_or_shape_are_refused(model, images):
    with pytest.raises(EvaluationError, match=rf"8, 8, 1(.|\n)*{images.dtype}"):
        predict_logits(model, images)


def test_model_file_with_code_inside_is_refused(tmp_path):
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    import keras

    images = keras.Input((8, 8, 1), dtype="uint8")
    model = keras.Model(images, keras.layers.Lambda(lambda x: x * 2, name="logits")(images))
    write_model(tmp_path, model, FACTS)
    with pytest.raises(EvaluationError, match="safe_mode"):
        load_classifier(tmp_path)


def in_a_process(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_backend_starts_silently_with_a_fixed_number_of_threads():
    code = (
        "import os; os.environ.pop('TF_NUM_INTRAOP_THREADS', None)\n"
        "from tasks.core.classifier import prepare_backend; prepare_backend()\n"
        "print(os.environ['TF_NUM_INTRAOP_THREADS'])"
    )
    done = in_a_process(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


def test_import_of_the_module_loads_no_backend():
    code = (
        "import sys, tasks.core.classifier\n"
        "print({'keras', 'tensorflow', 'torch'} & set(sys.modules))"
    )
    assert in_a_process(code).stdout == "set()\n"


def test_captured_notices_are_shown_if_the_import_fails(tmp_path):
    (tmp_path / "tensorflow.py").write_text(
        "import os\nos.write(2, b'no such kernel\\n')\nraise ImportError('broken wheel')\n"
    )
    done = in_a_process(
        "from tasks.core.classifier import prepare_backend; prepare_backend()",
        PYTHONPATH=f"{tmp_path}:{ROOT}",
    )
    assert done.returncode == 1
    assert done.stderr.startswith("no such kernel\n")
    assert done.stderr.endswith("ImportError: broken wheel\n")
