"""MixStyle stands after the first block of our own networks, and leaves with the augmentation."""

import keras
import numpy as np
import pytest

from tasks.core.errors import TrainingError
from tasks.train.fitting.artifact import without_augmentation
from tasks.train.network.build import build_classifier
from tasks.train.network.ensemble import average_logits
from tests.cohorts import STILL, augment_params

MIXED = augment_params("none", mixstyle=0.5)
OWN = ("cnn4", "cnn4_bn", "cnn4_bn_dropout", "cnn_deep", "minivggnet", "twin5")
FILMS = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 1), dtype=np.uint8)


def network(name: str, augment=MIXED, seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return build_classifier(name, 32, 2, augment, seed)


@pytest.mark.parametrize("name", OWN)
def test_the_layer_follows_the_first_pooling_and_changes_nothing_else(name):
    plain, mixed = network(name, STILL), network(name)
    names = [layer.name for layer in mixed.layers]
    assert names[names.index("augment_mixstyle") - 1] == "block1_pool"
    names.remove("augment_mixstyle")
    assert names == [layer.name for layer in plain.layers]
    for before, after in zip(plain.get_weights(), mixed.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(mixed(FILMS, training=False), plain(FILMS, training=False))


def test_features_are_mixed_in_training():
    mixed, plain = network("cnn_deep"), network("cnn_deep", STILL)  # no dropout
    first, second = (np.asarray(mixed(FILMS, training=True)) for _ in range(2))
    assert np.abs(first - np.asarray(plain(FILMS, training=True))).max() > 1e-4
    assert np.abs(first - second).max() > 1e-4


def test_saved_networks_and_their_mean_are_without_the_layer(tmp_path):
    members = [network("cnn4_bn", seed=seed) for seed in (0, 1)]
    for saved in (without_augmentation(members[0]), without_augmentation(average_logits(members))):
        assert not [layer.name for layer in saved.layers if "augment" in layer.name]
        saved.save(tmp_path / "network.keras")
        loaded = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
        assert {type(layer).__module__.split(".")[0] for layer in loaded.layers} == {"keras"}
        np.testing.assert_array_equal(loaded(FILMS), saved(FILMS))
    np.testing.assert_array_equal(
        without_augmentation(members[0])(FILMS), members[0](FILMS, training=False)
    )


def test_layers_of_half_precision_stay_so_and_statistics_are_float32():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        mixed = network("minivggnet")
    finally:
        keras.config.set_dtype_policy(before)
    assert mixed.get_layer("block1_conv2").compute_dtype == "float16"
    assert mixed.get_layer("block2_conv1").compute_dtype == "float16"
    assert mixed.get_layer("augment_mixstyle").compute_dtype == "float32"


@pytest.mark.parametrize(
    ("name", "found"), [("ann", "no layer block1_pool"), ("mobilenet", "several inputs")]
)
def test_networks_without_a_first_block_of_ours_are_refused(name, found):
    with pytest.raises(TrainingError, match=rf"(?s){found}.*network {name}.*mixstyle: 0"):
        network(name)
