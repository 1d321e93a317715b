import keras
import numpy as np
import pytest

from tasks.core.classifier import load_classifier, predict_logits
from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.fit import TrainingRun
from tasks.train.network.build import build_classifier
from tasks.train.network.ensemble import average_logits
from tests.cohorts import STILL

AUGMENT = STILL.model_copy(update={"zoom": 0.1, "shift": 0.1})
FILMS = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def members() -> list[keras.Model]:
    models = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        models.append(build_classifier("minivggnet", 16, 2, AUGMENT, seed))
    return models


def test_a_single_network_is_returned_unchanged(members):
    assert average_logits(members[:1]) is members[0]


def test_logits_are_the_mean_logits_of_the_members(members):
    expected = np.mean([predict_logits(member, FILMS) for member in members], axis=0)
    averaged = average_logits(members)
    np.testing.assert_allclose(predict_logits(averaged, FILMS), expected, rtol=1e-5, atol=1e-6)
    assert np.abs(predict_logits(members[0], FILMS) - expected).max() > 0.01
    odds = np.exp(expected)
    prob = np.asarray(averaged(FILMS, training=False))
    np.testing.assert_allclose(prob, odds / odds.sum(axis=1, keepdims=True), rtol=1e-4)


def test_layer_names_of_the_other_networks_begin_with_their_number(members):
    averaged = average_logits(members)
    names = {layer.name for layer in averaged.layers}
    assert {"block1_conv1", "seed1_block1_conv1", "seed2_block1_conv1"} <= names
    assert {"images", "seed0_logits", "seed2_logits", "logits", "predictions"} <= names
    assert averaged.name == "minivggnet"
    assert averaged.count_params() == sum(member.count_params() for member in members)


def test_saved_mean_is_one_file_with_the_same_logits(members, tmp_path):
    averaged = average_logits(members)
    run = TrainingRun(averaged, ("A", "B"), "float32", 0, 4, 2, 0.5, 3)
    save_classifier(run, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    np.testing.assert_array_equal(predict_logits(loaded, FILMS), predict_logits(averaged, FILMS))
    assert not [layer.name for layer in loaded.layers if "augment_" in layer.name]
