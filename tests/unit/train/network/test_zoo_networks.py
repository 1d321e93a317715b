"""Networks of the zoo: layers, parameters counted by hand, preprocessing, saving."""

from functools import cache

import keras
import numpy as np
import pytest

from tasks.core.classifier import load_classifier, predict_logits
from tasks.core.errors import TrainingError
from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.fit import TrainingRun, fit
from tasks.train.network.applications import Application
from tasks.train.network.build import build_classifier, find_network, network_names
from tests.cohorts import (
    CLASSES,
    STILL,
    draw_squares,
    squares_cohort,
    store_films,
    train_params,
)

SMALL = ["ann", "cnn4", "cnn4_bn", "cnn4_bn_dropout", "cnn_deep", "minivggnet", "twin5"]
SIDE_PX = {"xception": 71}  # smallest side of xception; 64 for the others
APPLICATIONS = {
    name: network
    for name in network_names()
    if isinstance(network := find_network(name), Application)
}


@cache
def built(name: str, n_classes: int = 2) -> keras.Model:
    return build_classifier(name, SIDE_PX.get(name, 64), n_classes, STILL, seed=0)


def kinds(network: keras.Model, kind: type[keras.Layer]) -> list[str]:
    return [layer.name for layer in network.layers if isinstance(layer, kind)]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        # 64*64 * 128 + 128; 128*64 + 64; 64*2 + 2
        ("ann", [524_416, 8_256, 130]),
        # 2*2*1*128 + 128; 2*2*128*64 + 64; 2*2*64*32 + 32; 2*2*32*32 + 32; 64 / 2**4 = 4 pixels:
        # 4*4*32 * 100 + 100; 100*50 + 50; 50*2 + 2
        ("cnn4", [640, 32_832, 8_224, 4_128, 51_300, 5_050, 102]),
        # the same, and 4 * (128 + 64 + 32 + 32) of batch normalisation
        ("cnn4_bn", [640, 32_832, 8_224, 4_128, 51_300, 5_050, 102, 1_024]),
        ("cnn4_bn_dropout", [640, 32_832, 8_224, 4_128, 51_300, 5_050, 102, 1_024]),
        # 3*3*1*32 + 32; 3*3*32*64 + 64; 3*3*64*128 + 128; unpadded 64 -> 62, 31 -> 29, 14 -> 12,
        # pooled to 6: 6*6*128 * 128 + 128; 128*64 + 64; 64*2 + 2
        ("cnn_deep", [320, 18_496, 73_856, 589_952, 8_256, 130]),
        # two convolutions and a batch normalisation per block; 64 / 2**5 = 2 pixels:
        # 2*2*256 * 128 + 128; 128*2 + 2
        ("twin5", [320 + 9_248 + 128, 18_496 + 36_928 + 256, 73_856 + 147_584 + 512,
                   295_168 + 590_080 + 1_024, 590_080 * 2 + 1_024, 131_200, 258]),
        # DenseNet121 has 8,062,504 with 1000 classes (keras.io/api/applications: 8.1M);
        # without 1024*1000 + 1000, with 1024*2 + 2 of our head
        ("chexnet", [8_062_504, -1_025_000, 2_050]),
        # 22,910,480 and 44,707,176 with 1000 classes; heads of 2048*1000 + 1000 and 2048*2 + 2
        ("xception", [22_910_480, -2_049_000, 4_098]),
        ("resnet101", [44_707_176, -2_049_000, 4_098]),
    ],
)  # fmt: skip
def test_number_of_parameters_is_the_one_counted_by_hand(name, parts):
    assert built(name).count_params() == sum(parts)


def test_blocks_of_cnn4_pool_first_and_then_normalise():
    names = [layer.name for layer in built("cnn4_bn_dropout").layers][2:-1]
    assert names == [
        *("block1_conv1", "block1_relu1", "block1_pool", "block1_bn1", "block1_dropout"),
        *("block2_conv1", "block2_relu1", "block2_pool", "block2_bn1"),
        *("block3_conv1", "block3_relu1", "block3_pool", "block3_bn1"),
        *("block4_conv1", "block4_relu1", "block4_pool", "block4_bn1", "block4_dropout"),
        *("flatten", "fc1", "fc1_relu", "fc2", "fc2_relu", "logits"),
    ]


def test_regularisation_of_the_three_cnn4_networks():
    plain, normalised, dropped = built("cnn4"), built("cnn4_bn"), built("cnn4_bn_dropout")
    normal, drop = keras.layers.BatchNormalization, keras.layers.Dropout
    assert kinds(plain, normal) == kinds(plain, drop) == kinds(normalised, drop) == []
    assert kinds(normalised, normal) == [f"block{k}_bn1" for k in (1, 2, 3, 4)]
    rates = [dropped.get_layer(f"block{k}_dropout").rate for k in (1, 4)]
    assert rates == [0.8, 0.2]
    for block, filters in enumerate((128, 64, 32, 32), start=1):
        conv = plain.get_layer(f"block{block}_conv1")
        assert (conv.filters, conv.kernel_size, conv.padding) == (filters, (2, 2), "same")
    assert [plain.get_layer(f"fc{k}").units for k in (1, 2)] == [100, 50]


def test_twin5_has_five_blocks_of_two_convolutions():
    network = built("twin5")
    assert kinds(network, keras.layers.Conv2D) == [
        f"block{block}_conv{conv}" for block in range(1, 6) for conv in (1, 2)
    ]
    assert [network.get_layer(f"block{k}_dropout").rate for k in range(1, 6)] == [0.2] * 5
    assert network.get_layer("block5_dropout").output.shape == (None, 2, 2, 256)


def test_cnn_deep_widens_from_32_to_128():
    network = built("cnn_deep")
    convolutions = [network.get_layer(f"block{block}_conv1") for block in (1, 2, 3)]
    assert [conv.filters for conv in convolutions] == [32, 64, 128]
    assert {conv.kernel_size for conv in convolutions} == {(3, 3)}
    assert [network.get_layer(f"fc{k}").units for k in (1, 2)] == [128, 64]


def test_ann_has_no_convolution():
    network = built("ann")
    assert kinds(network, keras.layers.Conv2D) == []
    assert [network.get_layer(f"fc{k}").units for k in (1, 2)] == [128, 64]


@pytest.mark.parametrize("name", [*SMALL, "chexnet"])
@pytest.mark.parametrize("n_classes", [2, 5])
def test_each_network_maps_grey_uint8_films_to_probabilities(name, n_classes):
    network = built(name, n_classes)
    films = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 1), dtype=np.uint8)
    probabilities = np.asarray(network(films, training=False))
    assert probabilities.shape == (2, n_classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)
    assert network.name == name
    assert network.get_layer("logits").output.shape == (None, n_classes)


def test_zoo_has_a_file_for_each_network_of_keras_applications():
    public = {name for name in vars(keras.applications) if name[0].isupper()}
    assert len(public) >= 40
    own = {*SMALL, "chexnet"}
    assert set(network_names()) == own | {name.lower() for name in public}
    found = {name: network.function for name, network in APPLICATIONS.items() if name not in own}
    assert found == {name.lower(): name for name in public}


@pytest.mark.parametrize(
    ("name", "module"),
    [("xception", "xception"), ("resnet101", "resnet"), ("densenet121", "densenet")],
)
def test_grey_film_is_preprocessed_as_the_network_expects(name, module):
    network = built(name)
    films = np.random.default_rng(0).integers(0, 256, (2, *network.input.shape[1:]), dtype=np.uint8)
    preprocessed = keras.Model(network.input, network.get_layer("preprocess").output)
    colour = np.repeat(films, 3, axis=-1).astype(np.float32)
    expected = getattr(keras.applications, module).preprocess_input(colour)
    np.testing.assert_allclose(np.asarray(preprocessed(films)), expected, atol=1e-4)


def test_preprocessing_of_densenet_is_the_mean_and_deviation_of_imagenet():
    scale, offset = APPLICATIONS["densenet121"].preprocessing()
    # (x - mean) / deviation, for x in [0, 1]: red 0.485 and 0.229, green 0.456, 0.224
    assert scale == pytest.approx([1 / 0.229, 1 / 0.224, 1 / 0.225], rel=1e-6)
    assert offset == pytest.approx([-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225], rel=1e-6)


@pytest.mark.parametrize("name", sorted(APPLICATIONS))
def test_preprocessing_is_linear_in_grey(name):
    """Black and white give scale and offset; every grey in between must fit the same line."""
    scale, offset = APPLICATIONS[name].preprocessing()
    build = getattr(keras.applications, APPLICATIONS[name].function)
    module = __import__(build.__module__, fromlist=["preprocess_input"])
    grey = np.full((1, 1, 1, 3), 51.0, dtype=np.float32)  # 51 / 255 = 0.2
    expected = module.preprocess_input(grey).ravel()
    assert 0.2 * np.array(scale) + offset == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_film_too_small_for_a_network_is_refused_with_the_smallest_side():
    with pytest.raises(TrainingError, match=r"71(.|\n)*network xception(.|\n)*resize.size_px"):
        build_classifier("xception", 64, 2, STILL, seed=0)
    with pytest.raises(TrainingError, match="network twin5"):
        build_classifier("twin5", 16, 2, STILL, seed=0)


@pytest.mark.slow
def test_saved_network_of_keras_applications_loads_in_safe_mode_with_the_same_logits(tmp_path):
    network = built("chexnet")
    films = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 1), dtype=np.uint8)
    save_classifier(TrainingRun(network, CLASSES, "float32", 0, 1, 1, 0.5), tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    np.testing.assert_array_equal(predict_logits(loaded, films), predict_logits(network, films))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SMALL, "chexnet", "xception", "resnet101"])
def test_each_network_trains_saves_and_loads(name, tmp_path):
    samples = squares_cohort()
    side_px = SIDE_PX.get(name, 32)
    store = store_films(tmp_path / "images", samples, draw_squares(samples, side_px))
    run = fit(name, samples, store, train_params(epochs=1), tmp_path / "live")
    assert np.isfinite(run.best_loss)
    save_classifier(run, tmp_path / "model")
    films = store.read(list(samples["image_id"][:4]))
    films = films.reshape(-1, side_px, side_px, 1)
    logits = predict_logits(load_classifier(tmp_path / "model"), films)
    np.testing.assert_array_equal(logits, predict_logits(run.model, films))
