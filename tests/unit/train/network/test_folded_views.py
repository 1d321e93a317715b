"""Views of a film inside a network: the mean of their logits, by hand and in the saved file."""

import zipfile

import keras
import numpy as np
import pytest
from keras import layers

from tasks.core.classifier import load_classifier, predict_logits
from tasks.core.square_views import boxes_of, view_boxes
from tasks.evaluate.inference import infer
from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.fit import TrainingRun
from tasks.train.network.build import build_classifier
from tasks.train.network.ensemble import average_logits
from tasks.train.network.folded_views import fold_views
from tests.cohorts import STILL

FILMS = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 1), dtype=np.uint8)


def linear_network(seed: int = 0) -> keras.Model:
    """Logits are a weighted sum of all pixels and a bias."""
    keras.utils.set_random_seed(seed)
    images = keras.Input((16, 16, 1), dtype="uint8", name="images")
    x = layers.Rescaling(1 / 255, dtype="float32", name="rescale")(images)
    x = layers.Dense(2, name="logits", bias_initializer="normal")(layers.Flatten(name="flat")(x))
    return keras.Model(images, layers.Softmax(name="predictions")(x), name="linear")


def scaled(crops: np.ndarray, size_px: int) -> np.ndarray:
    """Linear interpolation between pixel centres; outside the first and last it is constant."""
    n = crops.shape[1]
    at = (np.arange(size_px) + 0.5) * n / size_px - 0.5
    weights = np.stack([np.interp(at, np.arange(n), row) for row in np.eye(n)], axis=1)
    return np.einsum("ij,bjk,lk->bil", weights, crops, weights)


def views_by_hand(films: np.ndarray) -> list[np.ndarray]:
    """Each view of each film as a whole square of grey levels, (n, 16, 16)."""
    size_px = films.shape[1]
    cut = [films[:, top:bottom, left:right, 0] for top, left, bottom, right in view_boxes(6, 16)]
    return [scaled(one.astype(np.float64), size_px) for one in cut]


def test_folded_views_are_the_squares_then_each_crop():
    images = keras.Input((16, 16, 1), dtype="uint8")
    found = np.asarray(keras.Model(images, fold_views(images, 6))(FILMS))
    expected = np.concatenate(views_by_hand(FILMS))[..., np.newaxis]
    np.testing.assert_allclose(found, expected, atol=1e-3)
    np.testing.assert_array_equal(found[:5], FILMS)


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_logits_of_a_linear_network_are_the_mean_over_views_and_seeds(n_seeds):
    networks = [linear_network(seed) for seed in range(n_seeds)]
    weights = [one.get_layer("logits").get_weights() for one in networks]
    expected = np.mean(
        [
            view.reshape(5, -1) / 255 @ kernel + bias
            for view in views_by_hand(FILMS)
            for kernel, bias in weights
        ],
        axis=0,
    )
    network = average_logits(networks, 6)
    np.testing.assert_allclose(predict_logits(network, FILMS), expected, atol=1e-5)
    alone = predict_logits(average_logits(networks), FILMS)
    assert np.abs(alone - expected).max() > 0.01


@pytest.mark.parametrize("name", ["minivggnet", "ann"])
def test_a_saved_network_with_views_needs_none_of_our_layers(name, tmp_path):
    keras.utils.set_random_seed(1)
    augment = STILL.model_copy(update={"zoom": 0.1, "mixup": 0.2})
    members = [build_classifier(name, 16, 2, augment, seed) for seed in (1, 2)]
    network = average_logits(members, 6)
    run = TrainingRun(network, ("A", "B"), "float32", 1, 4, 2, 0.5, 2, 6)
    save_classifier(run, tmp_path / "model", FILMS)
    loaded = load_classifier(tmp_path / "model")
    np.testing.assert_array_equal(predict_logits(loaded, FILMS), predict_logits(network, FILMS))
    assert boxes_of(loaded) == view_boxes(6, 16)
    assert network.count_params() == average_logits(members).count_params()
    with zipfile.ZipFile(tmp_path / "model/model.keras") as archive:
        assert b"tasks." not in archive.read("config.json")
        assert b'"n_views": 6' in archive.read("contract.json")


def test_two_saves_have_the_same_bytes_whatever_the_process_built_before(tmp_path):
    network = linear_network()
    for folder in ("a", "b"):  # Keras counts the names of operations
        run = TrainingRun(average_logits([network], 6), ("A", "B"), "float32", 0, 4, 2, 0.5, 1, 6)
        save_classifier(run, tmp_path / folder, FILMS)
    files = [(tmp_path / folder / "model.keras").read_bytes() for folder in ("a", "b")]
    assert files[0] == files[1]


def test_features_are_the_mean_over_views_and_give_the_logits():
    """So that the novelty of a film and its nearest films speak of the same evidence."""
    network = average_logits([linear_network()], 6)
    found = infer(network, FILMS)
    expected = np.mean(views_by_hand(FILMS), axis=0).reshape(5, -1) / 255
    np.testing.assert_allclose(found.features, expected, atol=1e-4)
    kernel, bias = network.get_layer("logits").get_weights()
    np.testing.assert_allclose(found.features @ kernel + bias, found.logits, atol=1e-4)


def test_half_precision_keeps_the_mean_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        member = build_classifier("minivggnet", 16, 2, STILL, 0)
    finally:
        keras.config.set_dtype_policy("float32")
    network = average_logits([member], 6)
    assert member.get_layer("logits").input.dtype == "bfloat16"
    assert network.get_layer("logits").input.dtype == "float32"


def test_a_network_of_keras_applications_takes_views():
    member = build_classifier("mobilenetv2", 32, 3, STILL, 0)
    network = average_logits([member], 6)
    films = FILMS.repeat(2, axis=1).repeat(2, axis=2)
    assert predict_logits(network, films).shape == (5, 3)
    assert network.count_params() == member.count_params()
