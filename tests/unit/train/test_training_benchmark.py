"""The benchmark of training: its counts, its clock, and rivals that do the same work."""

import sys

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from tasks.train.network.build import build_classifier
from tests.benchmarks import training, training_ways
from tests.benchmarks.__main__ import BENCHMARKS, measured
from tests.benchmarks.training import AGAINST, RivalMissing, train_vs
from tests.benchmarks.training_flops import training_flops
from tests.benchmarks.training_pytorch import pytorch_minivggnet, pytorch_step
from tests.benchmarks.training_ways import Clock, full_size
from tests.cohorts import STILL
from tests.films import jpeg

ENTRY = {"ratio": 1.5, "against": "a rival", "command": "make bench"}


def test_operations_match_a_count_by_hand():
    images = keras.Input((4, 4, 1))
    x = layers.Conv2D(2, 3, padding="same")(images)  # 2 * 16 places * 2 filters * 9 = 576
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D(2)(x)  # (2, 2, 2)
    x = layers.Dense(3)(layers.Flatten()(x))  # 2 * 8 * 3 = 48
    assert training_flops(keras.Model(images, x)) == 3 * (576 + 48)


def test_operations_of_minivggnet_at_64_px():
    forward = 2 * 64**2 * 9 * (1 * 32 + 32 * 32) + 2 * 32**2 * 9 * (32 * 64 + 64 * 64)
    forward += 2 * (16 * 16 * 64 * 512 + 512 * 2)
    assert training_flops(build_classifier("minivggnet", 64, 2, STILL, 0)) == 3 * forward


def test_network_in_pytorch_has_as_many_parameters_as_ours():
    pytest.importorskip("torch", reason="PyTorch is not a dependency: pip install torch")
    theirs = sum(weights.numel() for weights in pytorch_minivggnet(64, 3).parameters())
    ours = build_classifier("minivggnet", 64, 3, STILL, 0)
    assert theirs == sum(np.prod(weights.shape) for weights in ours.trainable_weights)


def test_step_in_pytorch_learns_the_batch_it_repeats():
    pytest.importorskip("torch", reason="PyTorch is not a dependency: pip install torch")
    films = np.random.default_rng(0).integers(0, 256, (8, 16, 16), dtype=np.uint8)
    labels = np.arange(8) % 2
    step = pytorch_step(16, 2)
    losses = [step(films, labels) for _ in range(12)]
    assert losses[-1] < losses[0]


def test_make_bench_measures_every_rival_of_training():
    assert {f"train_vs_{rival}" for rival in AGAINST} <= set(BENCHMARKS)


def test_previous_entry_stays_if_a_rival_is_not_installed(monkeypatch, caplog):
    monkeypatch.setattr(training, "find_spec", lambda _name: None)
    benchmarks = {"a": lambda: train_vs("pytorch"), "b": lambda: ENTRY}
    assert measured(benchmarks, {"a": ENTRY | {"ratio": 2.0}}) == {
        "a": ENTRY | {"ratio": 2.0},
        "b": ENTRY,
    }
    assert "pip install torch" in caplog.text
    assert measured(benchmarks, {}) == {"b": ENTRY}


def test_missing_pytorch_is_reported_before_any_measurement(monkeypatch):
    monkeypatch.setattr(training, "find_spec", lambda _name: None)
    monkeypatch.setattr(sys, "argv", ["training", "pytorch"])
    with pytest.raises(RivalMissing, match="pip install torch"):
        training.main()


def test_clock_ignores_the_first_step(monkeypatch):
    moments = iter([10.0, 10.5, 11.5])
    monkeypatch.setattr("time.perf_counter", lambda: next(moments))
    clock = Clock()
    clock.on_epoch_begin(0)
    for batch in range(3):
        clock.on_train_batch_end(batch)
    assert clock.step_s == pytest.approx(0.75)


def test_phantom_is_enlarged_to_the_size_of_a_real_film(tmp_path, monkeypatch):
    (tmp_path / "film.jpeg").write_bytes(jpeg(0))
    monkeypatch.setattr(training_ways, "PACKS", tmp_path / "absent")
    (tmp_path / "full.jpeg").write_bytes(full_size(tmp_path / "film.jpeg"))
    with Image.open(tmp_path / "full.jpeg") as film:
        assert (film.size, film.mode) == ((1296, 904), "L")
