"""Initial weights from files with random numbers, and the files that are refused."""

import keras
import numpy as np
import pytest

from tasks.core.errors import TrainingError
from tasks.train.network.applications import Application
from tasks.train.network.build import build_classifier
from tasks.train.weights.assign import body_of
from tasks.train.weights.initial import load_file, load_initial_weights
from tests.cohorts import STILL, train_params
from tests.weights_files import (
    as_checkpoint_of_2018,
    densenet121_features,
    layers_of,
    sha256_of,
    torch_densenet121,
    write_h5,
    write_safetensors,
    write_torch,
    write_torch_legacy,
)

SIZE_PX = 32
FILMS = np.random.default_rng(0).integers(0, 256, (2, SIZE_PX, SIZE_PX, 1), dtype=np.uint8)
STATE = torch_densenet121(seed=1)
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet: torchvision's docs


@pytest.fixture(scope="module")
def fresh() -> keras.Model:
    return build_classifier("chexnet", SIZE_PX, 3, STILL, seed=0)


@pytest.fixture
def chexnet(fresh) -> keras.Model:
    """CheXNet with all weights 0."""
    fresh.set_weights([np.zeros_like(array) for array in fresh.get_weights()])
    return fresh


@pytest.fixture(scope="module")
def donor() -> keras.Model:
    """DenseNet121 of Keras with random weights and statistics, and the head of 14 findings."""
    rng = np.random.default_rng(5)
    body = Application("DenseNet121").body(SIZE_PX)
    x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(body.output)
    x = keras.layers.Dense(14, activation="sigmoid", name="predictions")(x)
    network = keras.Model(body.input, x)
    network.set_weights([
        rng.normal(0, np.sqrt(2 / w[..., 0].size), w.shape) if w.ndim == 4
        else rng.uniform(0.5, 1.5, w.shape) for w in network.get_weights()
    ])  # fmt: skip
    return network


def load(network: keras.Model, path) -> None:
    load_file(network, path, sha256_of(path))


def features(network: keras.Model) -> np.ndarray:
    to_features = keras.Model(network.input, network.get_layer("head_pool").output)
    return np.asarray(to_features(FILMS, training=False))


def test_torch_state_dict_gives_the_features_of_pytorch(chexnet, tmp_path):
    write_torch(tmp_path / "densenet.pth", STATE)
    load(chexnet, tmp_path / "densenet.pth")
    pixels = np.repeat(FILMS / 255, 3, axis=-1)
    expected = densenet121_features(STATE, ((pixels - MEAN) / DEVIATION).transpose(0, 3, 1, 2))
    assert expected.std() > 0.1  # the output is not constant
    np.testing.assert_allclose(features(chexnet), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_every_file_format_of_one_state_dict_gives_the_same_weights(chexnet, tmp_path):
    write_torch(tmp_path / "new.pth", STATE)
    write_torch_legacy(tmp_path / "legacy.pt", STATE)
    write_torch_legacy(tmp_path / "model.pth.tar", as_checkpoint_of_2018(STATE))
    write_torch(tmp_path / "again.bin", as_checkpoint_of_2018(STATE))
    write_safetensors(tmp_path / "model.safetensors", STATE)
    found = []
    for path in sorted(tmp_path.iterdir()):
        chexnet.set_weights([np.zeros_like(array) for array in chexnet.get_weights()])
        load(chexnet, path)
        found.append(chexnet.get_weights())
    assert len(found) == 5
    for other in found[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(found[0], other, strict=True))
    first = body_of(chexnet).get_layer("conv1_conv").get_weights()[0]
    # (out, in, h, w) -> (h, w, in, out)
    assert first[2, 3, 1, 5] == STATE["features.conv0.weight"][5, 1, 2, 3]


def test_variance_of_batch_norm_includes_the_smaller_epsilon_of_pytorch(chexnet, tmp_path):
    state = STATE | {"features.norm0.running_var": np.full(64, 1e-6, dtype=np.float32)}
    write_torch(tmp_path / "densenet.pth", state)
    load(chexnet, tmp_path / "densenet.pth")
    norm = body_of(chexnet).get_layer("conv1_bn")
    # 1e-6 + 1e-5 of PyTorch = 9.9e-7 + 1.001e-5 of Keras
    assert np.asarray(norm.moving_variance) + norm.epsilon == pytest.approx(1.1e-5, rel=1e-6)


@pytest.mark.parametrize("group", ["/", pytest.param("model_weights", marks=pytest.mark.slow)])
def test_h5_of_keras_gives_the_features_of_its_network(chexnet, donor, tmp_path, group):
    write_h5(tmp_path / "chexnet.h5", layers_of(donor), group)
    load(chexnet, tmp_path / "chexnet.h5")
    colour = np.repeat(FILMS, 3, axis=-1).astype(np.float32)
    to_features = keras.Model(donor.input, donor.get_layer("avg_pool").output)
    pixels = keras.applications.densenet.preprocess_input(colour)
    expected = np.asarray(to_features(pixels, training=False))
    assert expected.std() > 0.1  # the output is not constant
    np.testing.assert_allclose(features(chexnet), expected, rtol=1e-4, atol=1e-5)


def test_h5_of_2017_with_slashes_in_its_names_is_read(chexnet, donor, tmp_path):
    layers = layers_of(donor)
    old = {name.replace("conv1_", "conv1/", name.startswith("conv1_")): layers[name]
           for name in layers}  # fmt: skip
    assert "conv1/bn" in old
    write_h5(tmp_path / "chexnet.h5", old)
    load(chexnet, tmp_path / "chexnet.h5")
    for name in ("conv1_bn", "conv5_block16_2_conv", "bn"):
        loaded, given = body_of(chexnet).get_layer(name), donor.get_layer(name)
        pairs = zip(loaded.get_weights(), given.get_weights(), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)


def test_head_of_the_file_is_not_used(chexnet, donor, tmp_path):
    write_h5(tmp_path / "chexnet.h5", layers_of(donor))
    load(chexnet, tmp_path / "chexnet.h5")
    assert chexnet.get_layer("logits").kernel.shape == (1024, 3)
    assert not np.asarray(chexnet.get_layer("logits").kernel).any()


def test_layers_numbered_by_keras_are_matched_in_order(tmp_path):
    """Names of Xception's shortcuts, `conv2d`, `conv2d_1`, ..., differ between processes."""
    first, second = (build_classifier("xception", 71, 2, STILL, seed=0) for _ in range(2))
    names = [[layer.name for layer in body_of(model).layers] for model in (first, second)]
    assert names[0] != names[1]
    write_h5(tmp_path / "xception.h5", layers_of(body_of(first)))
    load(second, tmp_path / "xception.h5")
    pairs = zip(body_of(first).get_weights(), body_of(second).get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_own_network_loads_its_own_weights(tmp_path):
    given, receiver = (build_classifier("cnn4_bn", SIZE_PX, 2, STILL, seed=0) for _ in range(2))
    write_h5(tmp_path / "cnn4.h5", layers_of(given))
    load(receiver, tmp_path / "cnn4.h5")
    for layer in given.layers:
        taken = receiver.get_layer(layer.name).get_weights()
        same = [np.array_equal(a, b) for a, b in zip(layer.get_weights(), taken, strict=True)]
        assert all(same) or layer.name == "logits"


def test_augmentation_layers_use_nothing_from_a_file(tmp_path):
    images = keras.Input((8, 8, 1), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(images)
    x = keras.layers.BatchNormalization(name="augment_shift")(x)  # a layer with weights
    x = keras.layers.Conv2D(2, 3, name="block1_conv1")(x)
    x = keras.layers.Dense(2, name="logits")(keras.layers.Flatten()(x))
    network = keras.Model(images, x, name="cnn4")
    kernel = np.ones((3, 3, 1, 2), dtype=np.float32)
    write_h5(
        tmp_path / "small.h5",
        {"block1_conv1": [("kernel", kernel), ("bias", np.ones(2, dtype=np.float32))]},
    )
    load(network, tmp_path / "small.h5")
    np.testing.assert_array_equal(network.get_layer("block1_conv1").kernel, kernel)


def test_weights_none_changes_nothing():
    network = build_classifier("cnn4", SIZE_PX, 2, STILL, seed=0)
    before = network.get_weights()
    load_initial_weights(network, train_params())
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("name", "function"), [("chexnet", "DenseNet121"), ("mobilenet", "MobileNet")]
)
def test_imagenet_weights_go_into_the_body_and_not_into_the_head(name, function, monkeypatch):
    network = build_classifier(name, SIZE_PX, 2, STILL, seed=0)
    head = network.get_layer("logits").get_weights()
    donors = []
    build = Application.body

    def from_cache(application: Application, weights: str) -> keras.Model:
        assert (application.function, weights) == (function, "imagenet")
        donors.append(build(application))
        return donors[0]

    monkeypatch.setattr(Application, "body", from_cache)
    load_initial_weights(network, train_params(weights="imagenet"))
    pairs = zip(body_of(network).get_weights(), donors[0].get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    after = network.get_layer("logits").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(head, after, strict=True))


def test_failed_download_of_imagenet_weights_gives_the_next_step(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nothing listens there
    network = build_classifier("mobilenet", SIZE_PX, 2, STILL, seed=0)
    with pytest.raises(TrainingError, match=r"URL fetch failure(.|\n)*network mobilenet") as caught:
        load_initial_weights(network, train_params(weights="imagenet"))
    assert "set weights to none or to a file" in caught.value.next_step


def test_imagenet_weights_for_an_own_network_are_refused():
    network = build_classifier("cnn4", SIZE_PX, 2, STILL, seed=0)
    with pytest.raises(TrainingError, match=r"keras.applications(.|\n)*network cnn4"):
        load_initial_weights(network, train_params(weights="imagenet"))
