"""The guard in a saved network: tried on the file with Keras alone, without any code of ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tasks.core.classifier import load_classifier, predict_logits, read_contract
from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.fit import TrainingRun
from tasks.train.network.build import build_classifier
from tasks.train.network.ensemble import average_logits
from tasks.train.network.guard import EXCESS_LAYER, fit_guard
from tests.cohorts import STILL

SIDE_PX = 32
ALONE = """
import sys
import keras
import numpy as np
model = keras.saving.load_model(sys.argv[1], safe_mode=True)
with np.load(sys.argv[2]) as films:
    refused = {name: np.isnan(np.asarray(model(films[name]))) for name in films.files}
assert "tasks" not in sys.modules
np.savez(sys.argv[3], **refused)
"""


def draw_chests(n: int, seed: int) -> np.ndarray:
    """Draw bright chests with two dark lungs that differ in place and size: (n, 32, 32, 1)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : SIDE_PX * 1j, -1 : 1 : SIDE_PX * 1j]
    films = []
    for _ in range(n):
        top, side, width = rng.uniform((-0.3, 0.35, 0.2), (-0.1, 0.5, 0.3))
        film = 190 + 40 * y
        for lung in (-side, side):
            film -= 120 * (((x - lung) / width) ** 2 + ((y - top) / 0.6) ** 2 < 1)
        films.append(film * rng.uniform(0.7, 1.0) + rng.normal(0, 4, film.shape))
    return np.clip(films, 0, 255).astype(np.uint8)[..., None]


FILMS = draw_chests(24, seed=1)
REAL = FILMS.astype(np.float32)
SOUND = {"as stored": FILMS, "as float": REAL, "mirrored": FILMS[:, :, ::-1], "one": FILMS[:1]}
ILL = {
    "divided by 255": REAL / 255,
    "from -1 to 1": REAL / 127.5 - 1,
    "standardised by ImageNet": (REAL / 255 - 0.485) / 0.229,
    "standardised by film": (REAL - REAL.mean((1, 2, 3), keepdims=True)) / REAL.std((1, 2, 3))[0],
    "inverted": 255 - FILMS,
    "inverted and divided": 1 - REAL / 255,
    "negative and divided": -REAL / 255,
    "16 bits": FILMS.astype(np.uint16) * 257 + np.arange(SIDE_PX, dtype=np.uint16)[:, None] * 7,
    "12 bits": FILMS.astype(np.uint16) * 16 + np.arange(SIDE_PX, dtype=np.uint16)[:, None] % 16,
    "mean subtracted": (FILMS.astype(np.int16) - 128).astype(np.uint8),  # below 0 wraps
    "16 grey levels": FILMS >> 4,
    "mask": (FILMS > 128).astype(np.uint8) * 255,
    "mask of ones": (FILMS > 128).astype(np.uint8),
    "one grey level": np.full_like(FILMS, 128),
    "turned left": np.rot90(FILMS, 1, (1, 2)),
    "turned right": np.rot90(FILMS, -1, (1, 2)),
    "transposed": FILMS.transpose(0, 2, 1, 3),
    "no numbers": np.full_like(REAL, np.nan),
    "noise": np.random.default_rng(0).integers(0, 256, FILMS.shape, dtype=np.uint8),
}


def untrained(n_seeds: int = 2) -> keras.Model:
    networks = []
    for seed in range(n_seeds):
        keras.utils.set_random_seed(seed)
        networks.append(build_classifier("cnn4_bn", SIDE_PX, 2, STILL, seed))
    return average_logits(networks)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> tuple[keras.Model, Path]:
    model = untrained()
    folder = tmp_path_factory.mktemp("guarded") / "model"
    run = TrainingRun(model, ("NORMAL", "PNEUMONIA"), "float32", 0, 1, 1, 0.5, 2)
    save_classifier(run, folder, draw_chests(120, seed=0))
    return model, folder


@pytest.fixture(scope="module")
def refused(saved, tmp_path_factory) -> dict[str, np.ndarray]:
    """Whether each probability is NaN, by kind of film; from a process without our code."""
    folder = tmp_path_factory.mktemp("alone")
    np.savez(folder / "films.npz", **SOUND, **ILL)
    files = [saved[1] / "model.keras", folder / "films.npz", folder / "refused.npz"]
    environment = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
    subprocess.run(
        [sys.executable, "-c", ALONE, *map(str, files)],
        cwd=folder,
        env=environment,
        check=True,
        timeout=300,
    )
    with np.load(files[2]) as found:
        return {name: found[name] for name in found.files}


@pytest.mark.parametrize("kind", SOUND)
def test_sound_films_are_answered(kind, refused):
    assert refused[kind].shape == (len(SOUND[kind]), 2)
    assert not refused[kind].any()


@pytest.mark.parametrize("kind", ILL)
def test_ill_films_have_no_probability(kind, refused):
    assert refused[kind].all()


def test_logits_and_probabilities_of_sound_films_are_those_of_the_network(saved):
    model, folder = saved
    loaded = load_classifier(folder)
    np.testing.assert_array_equal(predict_logits(loaded, FILMS), predict_logits(model, FILMS))
    expected = np.asarray(model(FILMS, training=False))
    np.testing.assert_allclose(np.asarray(loaded(FILMS)), expected, rtol=1e-6)
    assert np.isfinite(predict_logits(loaded, 255 - FILMS)).all()
    assert loaded.output.name == loaded.get_layer("predictions").output.name


def test_a_batch_holds_refused_and_answered_films(saved):
    mixed = np.concatenate([FILMS[:1], 255 - FILMS[:1], FILMS[1:2]])
    found = np.isnan(np.asarray(load_classifier(saved[1])(mixed)))
    np.testing.assert_array_equal(found, [[False, False], [True, True], [False, False]])


def test_contract_says_what_a_refusal_means_and_the_layer_says_why(saved):
    contract = json.loads((saved[1] / "model.json").read_text("utf-8"))["refusals"]
    assert "NaN" in contract["sign"]
    assert read_contract(saved[1]).classes == ("NORMAL", "PNEUMONIA")
    loaded = load_classifier(saved[1])
    excess = keras.Model(loaded.input, loaded.get_layer(EXCESS_LAYER).output)
    values = dict(zip(contract["reasons"], np.asarray(excess(255 - FILMS)).T, strict=True))
    assert (values["inverted"] > 0).all()
    assert (values["scaled"] < 0).all()


def test_limits_give_way_to_training_films_that_lie_beyond_them():
    noise = np.random.default_rng(1).integers(0, 256, (50, SIDE_PX, SIDE_PX, 1), dtype=np.uint8)
    chests = fit_guard(draw_chests(50, seed=3))
    assert (fit_guard(noise).bias < chests.bias).any()
    dark = fit_guard((FILMS // 16).astype(np.uint8))
    assert dark.bias[4] < chests.bias[4] == pytest.approx(0.45)


@pytest.mark.parametrize("side_px", [8, 20, 50])
def test_guard_fits_films_of_any_side(side_px):
    films = np.random.default_rng(2).integers(0, 256, (9, side_px, side_px, 1), dtype=np.uint8)
    cells = (side_px // max(1, side_px // 16)) ** 2
    assert fit_guard(films).kernel.shape == (cells + 3, 6)


def test_guard_computes_in_float32_in_a_network_of_mixed_precision(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = untrained(1)
        run = TrainingRun(model, ("A", "B"), "mixed_bfloat16", 0, 1, 1, 0.5)
        save_classifier(run, tmp_path / "model", draw_chests(120, seed=0))
        loaded = load_classifier(tmp_path / "model")
        policies = {
            layer.compute_dtype for layer in loaded.layers if layer.name.startswith("guard_")
        }
        assert policies == {"float32"}
        assert np.isnan(np.asarray(loaded(255 - FILMS))).all()
        assert np.isfinite(np.asarray(loaded(FILMS))).all()
    finally:
        keras.config.set_dtype_policy("float32")
