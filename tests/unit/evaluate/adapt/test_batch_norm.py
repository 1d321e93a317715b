"""Batch-normalisation statistics estimated again, on tiny networks with known numbers."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.core import paths
from tasks.core.classifier import load_classifier, predict_logits, prepare_backend
from tasks.core.decision.hashes import hash_file
from tasks.evaluate.adapt.adapted_file import write_adapted
from tasks.evaluate.adapt.batch_norm import NormalisedNetwork
from tests.cohorts import save_with_contract

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SIZE_PX = 4


def films_of(*levels: int) -> np.ndarray:
    """Make films whose left half is black and whose right half has one level."""
    films = np.zeros((len(levels), SIZE_PX, SIZE_PX, 1), dtype=np.uint8)
    for film, level in zip(films, levels, strict=True):
        film[:, SIZE_PX // 2 :] = level
    return films


def network(n_seeds: int = 1) -> Any:
    """Build [scale by 1 -> BN -> pool -> BN -> flat -> BN -> logits] for each seed."""
    prepare_backend()
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8")
    logits = []
    for seed in range(n_seeds):
        prefix = f"seed{seed}_" if seed else ""
        x = layers.Rescaling(1.0, name=f"{prefix}scale")(images)
        x = layers.BatchNormalization(epsilon=1e-3, name=f"{prefix}block1_bn1")(x)
        x = layers.AveragePooling2D(2, name=f"{prefix}pool")(x)
        x = layers.BatchNormalization(epsilon=1e-3, name=f"{prefix}block2_bn1")(x)
        x = layers.Flatten(name=f"{prefix}flat")(x)
        x = layers.BatchNormalization(epsilon=1e-3, name=f"{prefix}fc1_bn")(x)
        logits.append(layers.Dense(2, name=f"{prefix}head")(x))
    mean = layers.Average(name="logits")(logits) if n_seeds > 1 else logits[0]
    if n_seeds == 1:
        mean = layers.Activation("linear", name="logits")(mean)
    return keras.Model(images, layers.Softmax(name="predictions")(mean))


def moving(model: Any, layer: str) -> tuple[np.ndarray, np.ndarray]:
    found = model.get_layer(layer)
    return np.array(found.moving_mean), np.array(found.moving_variance)


def test_statistics_of_each_layer_by_hand():
    model = network()
    NormalisedNetwork(model, early_only=False).adapt(films_of(100, 200), alpha=1.0)
    mean, variance = moving(model, "block1_bn1")
    # a quarter of the pixels is 100, a quarter 200, the rest 0
    assert mean == pytest.approx([75])
    assert variance == pytest.approx([(100**2 + 200**2) / 4 - 75**2])
    # the first layer now passes on mean 0; pooling keeps the halves, so the variance too
    mean, variance = moving(model, "block2_bn1")
    assert mean == pytest.approx([0], abs=1e-5)
    assert variance == pytest.approx([1], rel=1e-4)
    # place 0 of the flat layer is black in both films, place 1 is 100 and 200
    mean, variance = moving(model, "fc1_bn")
    deviation = np.sqrt((100**2 + 200**2) / 4 - 75**2)
    assert mean[:2] == pytest.approx([-75 / deviation, 75 / deviation], rel=2e-3)
    assert variance[:2] == pytest.approx([0, (50 / deviation) ** 2], rel=2e-3, abs=1e-6)


def test_statistics_are_those_of_all_views_that_a_network_averages():
    prepare_backend()
    import keras
    from keras import layers

    from tasks.train.network.ensemble import average_logits

    images = keras.Input((16, 16, 1), dtype="uint8")
    x = layers.BatchNormalization(name="bn")(layers.Rescaling(1.0, name="scale")(images))
    x = layers.Dense(2, name="logits")(layers.Flatten(name="flat")(x))
    one_view = keras.Model(images, layers.Softmax(name="predictions")(x))
    model = average_logits([one_view], 6)
    films = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 1), dtype=np.uint8)
    views = np.asarray(keras.Model(model.input, model.get_layer("views").output)(films))
    assert views.shape == (240, 16, 16, 1)
    NormalisedNetwork(model, early_only=False).adapt(films, alpha=1.0)
    mean, variance = moving(model, "bn")
    assert mean == pytest.approx([views.mean()], rel=1e-5)
    assert variance == pytest.approx([views.var()], rel=1e-4)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_alpha_mixes_the_new_statistics_with_the_old_ones(alpha):
    model = network()
    model.get_layer("block1_bn1").moving_mean.assign([5.0])
    NormalisedNetwork(model, early_only=True).adapt(films_of(100, 200), alpha)
    mean, variance = moving(model, "block1_bn1")
    assert mean == pytest.approx([alpha * 75 + (1 - alpha) * 5])
    assert variance == pytest.approx([alpha * (50000 / 4 - 75**2) + (1 - alpha)])


def test_early_is_the_first_block_of_every_averaged_network():
    model = network(n_seeds=2)
    early = NormalisedNetwork(model, early_only=True)
    assert sorted(early.layer_names) == ["block1_bn1", "seed1_block1_bn1"]
    before = moving(model, "seed1_fc1_bn")
    early.adapt(films_of(100, 200), alpha=1.0)
    assert moving(model, "seed1_block1_bn1")[0] == pytest.approx([75])
    assert np.array_equal(moving(model, "seed1_fc1_bn"), before)
    assert len(NormalisedNetwork(model, early_only=False).layer_names) == 6


def test_the_result_depends_on_no_batch_and_no_order_and_adapting_twice_is_once():
    model = network()
    films = np.random.default_rng(0).integers(0, 256, (70, SIZE_PX, SIZE_PX, 1), dtype=np.uint8)
    normalised = NormalisedNetwork(model, early_only=False)
    normalised.adapt(films, alpha=1.0)
    first = moving(model, "fc1_bn")
    normalised.adapt(films[::-1], alpha=1.0)
    for one, other in zip(first, moving(model, "fc1_bn"), strict=True):
        assert one == pytest.approx(other, rel=1e-5, abs=1e-6)


def test_a_network_in_training_mode_gives_the_same_answer_on_one_batch():
    model = network()
    films = np.random.default_rng(0).integers(0, 256, (20, SIZE_PX, SIZE_PX, 1), dtype=np.uint8)
    in_training = np.array(model(films, training=True))
    fresh = network()
    NormalisedNetwork(fresh, early_only=False).adapt(films, alpha=1.0)
    assert np.array(fresh(films, training=False)) == pytest.approx(in_training, rel=1e-4, abs=1e-5)


def test_restore_gives_the_statistics_of_the_training_films_back():
    model = network()
    films = films_of(100, 200)
    before = predict_logits(model, films)
    normalised = NormalisedNetwork(model, early_only=False)
    normalised.adapt(films, alpha=1.0)
    assert not np.allclose(predict_logits(model, films), before)
    normalised.restore()
    assert np.array_equal(predict_logits(model, films), before)


def test_a_network_without_batch_normalisation_has_nothing_to_adapt():
    prepare_backend()
    import keras
    from keras import layers

    images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8")
    x = layers.Dense(2, name="logits")(layers.Flatten()(layers.Rescaling(1.0)(images)))
    normalised = NormalisedNetwork(keras.Model(images, layers.Softmax()(x)), early_only=True)
    assert normalised.layer_names == ()
    normalised.adapt(films_of(100), alpha=1.0)


def test_the_adapted_file_loads_says_what_it_is_and_leaves_the_original_alone(tmp_path: Path):
    folder, films = tmp_path / "home", films_of(100, 200)
    save_with_contract(network(), "cnn4", folder)
    original = paths.network_file(folder)
    before = hash_file(original)
    model = load_classifier(folder)
    NormalisedNetwork(model, early_only=False).adapt(films, alpha=1.0)
    facts = {"cohort": "elsewhere", "alpha": 1.0}
    for place in ("one", "two"):
        write_adapted(model, original, tmp_path / place, facts)
    assert hash_file(original) == before
    first, second = (paths.network_file(tmp_path / place) for place in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    loaded = load_classifier(tmp_path / "one")
    assert np.array_equal(predict_logits(loaded, films), predict_logits(model, films))
    with zipfile.ZipFile(first) as archive:
        contract = json.loads(archive.read("contract.json"))
    assert contract["adapted"] == facts
    assert json.loads((tmp_path / "one/provenance.json").read_text("utf-8")) == facts
