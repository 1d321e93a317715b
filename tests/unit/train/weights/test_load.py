"""Where a network starts from: files made here with random numbers, and what is refused."""

import keras
import numpy as np
import pytest

from tasks.core.errors import TrainingError
from tasks.train import weights as weights_module
from tasks.train.weights.load import body_of, load_file, load_start
from tasks.train.zoo import build_classifier
from tasks.train.zoo.applications import bare
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
    """CheXNet with nothing in it."""
    fresh.set_weights([np.zeros_like(array) for array in fresh.get_weights()])
    return fresh


@pytest.fixture(scope="module")
def donor() -> keras.Model:
    """DenseNet121 of Keras with random weights and statistics, and the head of 14 findings."""
    rng = np.random.default_rng(5)
    body = bare("densenet121", SIZE_PX)
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


def test_torch_state_dict_computes_what_pytorch_would(chexnet, tmp_path):
    write_torch(tmp_path / "densenet.pth", STATE)
    load(chexnet, tmp_path / "densenet.pth")
    pixels = np.repeat(FILMS / 255, 3, axis=-1)
    expected = densenet121_features(STATE, ((pixels - MEAN) / DEVIATION).transpose(0, 3, 1, 2))
    assert expected.std() > 0.1  # the network is no constant
    np.testing.assert_allclose(features(chexnet), expected, rtol=1e-3, atol=1e-4)


def test_every_form_of_one_state_dict_gives_the_same_weights(chexnet, tmp_path):
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


def test_batch_norm_takes_in_the_smaller_epsilon_of_pytorch(chexnet, tmp_path):
    state = STATE | {"features.norm0.running_var": np.full(64, 1e-6, dtype=np.float32)}
    write_torch(tmp_path / "densenet.pth", state)
    load(chexnet, tmp_path / "densenet.pth")
    norm = body_of(chexnet).get_layer("conv1_bn")
    # 1e-6 + 1e-5 of PyTorch = 9.9e-7 + 1.001e-5 of Keras
    assert np.asarray(norm.moving_variance) + norm.epsilon == pytest.approx(1.1e-5, rel=1e-6)


@pytest.mark.parametrize("group", ["/", "model_weights"])
def test_h5_of_keras_computes_what_its_network_did(chexnet, donor, tmp_path, group):
    write_h5(tmp_path / "chexnet.h5", layers_of(donor), group)
    load(chexnet, tmp_path / "chexnet.h5")
    colour = np.repeat(FILMS, 3, axis=-1).astype(np.float32)
    to_features = keras.Model(donor.input, donor.get_layer("avg_pool").output)
    pixels = keras.applications.densenet.preprocess_input(colour)
    expected = np.asarray(to_features(pixels, training=False))
    assert expected.std() > 0.1  # the network is no constant
    np.testing.assert_allclose(features(chexnet), expected, rtol=1e-4, atol=1e-5)


def test_h5_of_2017_has_slashes_in_its_names(chexnet, donor, tmp_path):
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


def test_head_of_the_file_is_not_taken(chexnet, donor, tmp_path):
    write_h5(tmp_path / "chexnet.h5", layers_of(donor))
    load(chexnet, tmp_path / "chexnet.h5")
    assert chexnet.get_layer("logits").kernel.shape == (1024, 3)
    assert not np.asarray(chexnet.get_layer("logits").kernel).any()


def test_layers_that_keras_numbers_itself_are_matched_in_order(tmp_path):
    """Xception's shortcuts are `conv2d`, `conv2d_1`, ... with other numbers in each process."""
    first, second = (build_classifier("xception", 71, 2, STILL, seed=0) for _ in range(2))
    names = [[layer.name for layer in body_of(model).layers] for model in (first, second)]
    assert names[0] != names[1]
    write_h5(tmp_path / "xception.h5", layers_of(body_of(first)))
    load(second, tmp_path / "xception.h5")
    pairs = zip(body_of(first).get_weights(), body_of(second).get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_own_network_starts_from_its_own_weights(tmp_path):
    given, taker = (build_classifier("cnn4_bn", SIZE_PX, 2, STILL, seed=0) for _ in range(2))
    write_h5(tmp_path / "cnn4.h5", layers_of(given))
    load(taker, tmp_path / "cnn4.h5")
    for layer in given.layers:
        taken = taker.get_layer(layer.name).get_weights()
        same = [np.array_equal(a, b) for a, b in zip(layer.get_weights(), taken, strict=True)]
        assert all(same) or layer.name == "logits"


def test_layers_that_change_training_films_take_nothing_from_a_file(tmp_path):
    images = keras.Input((8, 8, 1), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(images)
    x = keras.layers.BatchNormalization(name="augment_shift")(x)  # one with weights
    x = keras.layers.Conv2D(2, 3, name="block1_conv1")(x)
    x = keras.layers.Dense(2, name="logits")(keras.layers.Flatten()(x))
    network = keras.Model(images, x, name="small")
    kernel = np.ones((3, 3, 1, 2), dtype=np.float32)
    write_h5(
        tmp_path / "small.h5",
        {"block1_conv1": [("kernel", kernel), ("bias", np.ones(2, dtype=np.float32))]},
    )
    load(network, tmp_path / "small.h5")
    np.testing.assert_array_equal(network.get_layer("block1_conv1").kernel, kernel)


def refusal(network: keras.Model, path, sha256: str | None = None) -> TrainingError:
    before = network.get_weights()
    with pytest.raises(TrainingError) as caught:
        load_file(network, path, sha256 or sha256_of(path))
    assert caught.value.where == str(path)
    after = network.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    return caught.value


def test_file_that_is_another_one_than_its_hash_says_is_refused(chexnet, tmp_path):
    path = tmp_path / "densenet.pth"
    write_torch(path, STATE)
    found = refusal(chexnet, path, "0" * 64).found
    assert found == f"sha256 {sha256_of(path)}, not {'0' * 64}"


def test_missing_file_is_refused(chexnet, tmp_path):
    assert refusal(chexnet, tmp_path / "none.h5", "0" * 64).found == "no such file"


def test_unknown_ending_is_refused_with_the_known_ones(chexnet, tmp_path):
    (tmp_path / "weights.onnx").write_bytes(b"")
    assert ".safetensors" in refusal(chexnet, tmp_path / "weights.onnx").next_step


def test_head_of_another_number_of_findings_is_refused(chexnet, tmp_path):
    write_torch(tmp_path / "imagenet.pth", torch_densenet121(seed=1, n_outputs=18))
    found = refusal(chexnet, tmp_path / "imagenet.pth").found
    assert found == "predictions: 18 outputs, not the 14 of the published network"


def test_file_without_a_head_is_taken(chexnet, tmp_path):
    state = {name: array for name, array in STATE.items() if name.startswith("features.")}
    write_safetensors(tmp_path / "body.safetensors", state)
    load(chexnet, tmp_path / "body.safetensors")


def test_layer_of_another_shape_is_refused_by_its_name(chexnet, tmp_path):
    # one channel instead of three, as some networks for films have it
    grey = STATE | {"features.conv0.weight": STATE["features.conv0.weight"][:, :1].copy()}
    write_torch(tmp_path / "grey.pth", grey)
    found = refusal(chexnet, tmp_path / "grey.pth").found
    assert found == "conv1_conv: [(7, 7, 1, 64)] in the file, [(7, 7, 3, 64)] in the network"


def test_missing_layer_is_refused_by_its_name(chexnet, tmp_path):
    name = "features.transition2.conv.weight"
    write_torch(tmp_path / "gap.pth", {key: STATE[key] for key in STATE if key != name})
    assert refusal(chexnet, tmp_path / "gap.pth").found == "no layer pool3_conv in the file"


def test_tensor_of_another_network_is_refused_by_its_name(chexnet, tmp_path):
    write_torch(tmp_path / "resnet.pth", {"layer1.0.conv1.weight": np.zeros((1, 1, 3, 3), "f4")})
    assert refusal(chexnet, tmp_path / "resnet.pth").found == "tensor layer1.0.conv1.weight"


def test_h5_of_another_network_is_refused(chexnet, tmp_path):
    write_h5(tmp_path / "cnn4.h5", layers_of(build_classifier("cnn4", 32, 2, STILL, seed=0)))
    found = refusal(chexnet, tmp_path / "cnn4.h5").found
    assert "no layer conv1_conv in the file" in found
    assert "in all" in found


def test_number_that_is_none_is_refused(chexnet, tmp_path):
    broken = STATE["features.norm5.bias"].copy()
    broken[3] = np.nan
    write_torch(tmp_path / "nan.pth", STATE | {"features.norm5.bias": broken})
    assert refusal(chexnet, tmp_path / "nan.pth").found == "bn: not every number is finite"


def test_weights_none_leaves_the_network_as_it_is():
    network = build_classifier("cnn4", SIZE_PX, 2, STILL, seed=0)
    before = network.get_weights()
    load_start(network, train_params())
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("name", "asked"), [("chexnet", "densenet121"), ("mobilenet", "mobilenet")]
)
def test_imagenet_goes_into_the_body_and_not_into_the_head(name, asked, monkeypatch):
    network = build_classifier(name, SIZE_PX, 2, STILL, seed=0)
    head = network.get_layer("logits").get_weights()
    donors = []

    def from_cache(name: str, weights: str) -> keras.Model:
        assert (name, weights) == (asked, "imagenet")
        donors.append(bare(name))
        return donors[0]

    monkeypatch.setattr(weights_module, "bare", from_cache)
    load_start(network, train_params(weights="imagenet"))
    pairs = zip(body_of(network).get_weights(), donors[0].get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    after = network.get_layer("logits").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(head, after, strict=True))


def test_imagenet_out_of_reach_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there
    network = build_classifier("mobilenet", SIZE_PX, 2, STILL, seed=0)
    with pytest.raises(TrainingError, match=r"URL fetch failure(.|\n)*network mobilenet") as caught:
        load_start(network, train_params(weights="imagenet"))
    assert "set weights to none or to a file" in caught.value.next_step


def test_imagenet_for_a_network_of_our_own_is_refused():
    network = build_classifier("cnn4", SIZE_PX, 2, STILL, seed=0)
    with pytest.raises(TrainingError, match=r"keras.applications(.|\n)*network cnn4"):
        load_start(network, train_params(weights="imagenet"))
