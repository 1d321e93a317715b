"""A saved network has no augmentation layers and needs none of our code."""

import keras
import numpy as np

from tasks.core.params import AugmentParams
from tasks.train.fitting.artifact import without_augmentation
from tasks.train.transforms.layers import augmentation_layers
from tasks.train.transforms.presets import resolve
from tests.cohorts import STILL, augment_params

FROM_OTHERS = {"mixup": 4.0, "amplitude_mix": 1.0, "histogram_match": 0.5}
ALL = augment_params("none", zoom=0.3, noise=0.1, **FROM_OTHERS)
LAYERS = {"augment_film", "augment_mixup", "augment_amplitude", "augment_histogram"}
FILMS = np.random.default_rng(0).random((8, 16, 16, 1), dtype=np.float32)


def classifier(params: AugmentParams) -> keras.Model:
    images = keras.Input((16, 16, 1), dtype="uint8", name="images")
    x = keras.layers.Rescaling(1 / 255, dtype="float32", name="rescale")(images)
    for layer in augmentation_layers(resolve(params), 3):
        x = layer(x)
    x = keras.layers.Flatten(name="flatten")(x)
    logits = keras.layers.Dense(2, name="logits")(x)
    return keras.Model(images, keras.layers.Softmax(name="predictions")(logits), name="tiny")


def test_copy_predicts_the_same_and_loads_without_our_code(tmp_path):
    model = classifier(ALL)
    plain = without_augmentation(model)
    images = (FILMS * 255).astype(np.uint8)
    names = ["images", "rescale", "flatten", "logits", "predictions"]
    assert [layer.name for layer in plain.layers] == names
    assert plain.name == "tiny"
    assert plain.count_params() == 16 * 16 * 2 + 2
    assert plain.inputs[0].dtype == "uint8"
    np.testing.assert_array_equal(plain(images), model(images, training=False))
    plain.save(tmp_path / "tiny.keras")
    loaded = keras.saving.load_model(tmp_path / "tiny.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(images), plain(images))
    assert all(type(layer).__module__.startswith("keras.") for layer in loaded.layers)


def test_copy_shares_the_weights_and_does_not_change_the_model():
    model = classifier(ALL)
    plain = without_augmentation(model)
    plain.get_layer("logits").bias.assign([1.0, -1.0])
    np.testing.assert_array_equal(model.get_layer("logits").bias, [1.0, -1.0])
    assert {layer.name for layer in model.layers} >= LAYERS


def test_a_model_without_augmentation_keeps_all_layers():
    model = classifier(STILL)
    plain = without_augmentation(model)
    assert [layer.name for layer in plain.layers] == [layer.name for layer in model.layers]


def test_draws_continue_from_saved_weights(tmp_path):
    model = classifier(ALL)
    images = (FILMS * 255).astype(np.uint8)
    model(images, training=True)
    model.save_weights(tmp_path / "state.weights.h5")
    expected = np.asarray(model(images, training=True))
    resumed = classifier(ALL)
    assert np.abs(np.asarray(resumed(images, training=True)) - expected).max() > 1e-6
    resumed.load_weights(tmp_path / "state.weights.h5")
    np.testing.assert_array_equal(resumed(images, training=True), expected)
