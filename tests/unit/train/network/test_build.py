import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from tasks.core.errors import TrainingError
from tasks.train import zoo
from tasks.train.network.blocks import plain_batch_norm
from tasks.train.network.build import build_classifier, find_network, network_names
from tasks.train.zoo.minivggnet import minivggnet
from tests.cohorts import STILL, augment_params

BODY = [
    *("block1_conv1", "block1_relu1", "block1_bn1", "block1_conv2", "block1_relu2", "block1_bn2"),
    *("block1_pool", "block1_dropout"),
    *("block2_conv1", "block2_relu1", "block2_bn1", "block2_conv2", "block2_relu2", "block2_bn2"),
    *("block2_pool", "block2_dropout"),
    *("flatten", "fc1", "fc1_relu", "fc1_bn", "fc1_dropout", "logits"),
]


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return build_classifier("minivggnet", 64, 2, STILL, seed=0)


def body(side_px: int, channels: int, n_classes: int) -> keras.Model:
    pixels = keras.Input((side_px, side_px, channels))
    return keras.Model(pixels, minivggnet(pixels, n_classes))


def test_layers_have_the_published_order(network):
    names = [layer.name for layer in network.layers]
    assert names == ["images", "rescale", *BODY, "predictions"]


def test_kind_of_each_layer_matches_its_name(network):
    kinds = {
        "conv": keras.layers.Conv2D,
        "relu": keras.layers.ReLU,
        "bn": keras.layers.BatchNormalization,
        "pool": keras.layers.MaxPooling2D,
        "dropout": keras.layers.Dropout,
    }
    for name in BODY:
        for word, kind in kinds.items():
            if f"_{word}" in name:
                assert type(plain_batch_norm(network.get_layer(name))) is kind
    assert type(network.get_layer("predictions")) is keras.layers.Softmax


def test_kernels_padding_pooling_and_dropout_are_as_published(network):
    for block, filters in ((1, 32), (2, 64)):
        for conv in (1, 2):
            layer = network.get_layer(f"block{block}_conv{conv}")
            assert (layer.filters, layer.kernel_size, layer.strides) == (filters, (3, 3), (1, 1))
            assert layer.padding == "same"
        assert network.get_layer(f"block{block}_pool").pool_size == (2, 2)
        assert network.get_layer(f"block{block}_dropout").rate == 0.25
    assert network.get_layer("fc1_dropout").rate == 0.5
    assert network.get_layer("fc1").units == 512
    assert network.get_layer("block2_pool").output.shape == (None, 16, 16, 64)  # 64 px / 2 / 2


def test_parameters_of_the_grey_network_of_64_px(network):
    # block 1: 3*3*1*32 + 32 = 320; 3*3*32*32 + 32 = 9,248; two BN of 4*32         ->     9,824
    # block 2: 3*3*32*64 + 64 = 18,496; 3*3*64*64 + 64 = 36,928; two BN of 4*64    ->    55,936
    # fc1: 16*16*64 * 512 + 512 = 8,389,120; BN 4*512 = 2,048; logits 512*2 + 2    -> 8,392,194
    assert network.count_params() == 9_824 + 55_936 + 8_392_194 == 8_457_954


def test_parameters_of_the_published_network_of_32_px_colour_and_ten_classes():
    # block 1: 3*3*3*32 + 32 = 896; 9,248; 256     -> 10,400; block 2 as above: 55,936
    # fc1: 8*8*64 * 512 + 512 = 2,097,664; BN 2,048; logits 512*10 + 10 = 5,130
    network = body(32, 3, 10)
    assert network.count_params() == 10_400 + 55_936 + 2_097_664 + 2_048 + 5_130 == 2_171_178
    # a published number, 2,168,362, leaves out the five BN: 4 * (32 + 32 + 64 + 64 + 512) = 2,816
    in_bn = sum(layer.count_params() for layer in network.layers if layer.name.endswith("bn1")
                or layer.name.endswith("bn2") or layer.name == "fc1_bn")  # fmt: skip
    assert network.count_params() - in_bn == 2_168_362


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_output_is_one_probability_per_class(n_classes):
    network = build_classifier("minivggnet", 16, n_classes, STILL, seed=0)
    films = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 1), dtype=np.uint8)
    probabilities = np.asarray(network(films, training=False))
    assert probabilities.shape == (5, n_classes)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)


def test_input_is_grey_uint8_scaled_to_0_to_1(network):
    assert network.input.shape == (None, 64, 64, 1)
    assert network.input.dtype == "uint8"
    scaled = network.get_layer("rescale")(np.array([0, 51, 255], dtype=np.uint8))
    np.testing.assert_allclose(np.asarray(scaled), [0.0, 0.2, 1.0], rtol=1e-6)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_logits_and_softmax_stay_float32_under_mixed_precision(precision):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        network = build_classifier("minivggnet", 16, 2, STILL, seed=0)
    finally:
        keras.config.set_dtype_policy(before)
    half = precision.removeprefix("mixed_")
    assert network.get_layer("block1_conv1").compute_dtype == half
    assert network.get_layer("block1_conv1").variable_dtype == "float32"
    for name in ("rescale", "logits", "predictions"):
        assert network.get_layer(name).compute_dtype == "float32"
    assert network.output.dtype == "float32"


def test_same_seed_gives_the_same_weights_before_training():
    def weights(seed: int) -> list[np.ndarray]:
        keras.utils.set_random_seed(seed)
        return build_classifier("minivggnet", 16, 2, STILL, seed).get_weights()

    first, again, other = weights(1), weights(1), weights(2)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_augmentation_comes_between_scaling_and_body():
    mixed = {"mixup": 0.2, "histogram_match": 0.5, "amplitude_mix": 1.0}
    augment = augment_params("radiograph", **mixed)
    names = [layer.name for layer in build_classifier("minivggnet", 16, 2, augment, 0).layers]
    added = [f"augment_{name}" for name in ("histogram", "amplitude", "film", "mixup")]
    assert names[1:7] == ["rescale", *added, "block1_conv1"]


def test_unknown_network_is_refused_with_the_names_of_the_zoo():
    with pytest.raises(TrainingError, match=r"minivgnet(.|\n)*choose one of ann, chexnet.*vgg16"):
        build_classifier("minivgnet", 64, 2, STILL, seed=0)
    assert "minivggnet" in network_names()


@pytest.fixture
def new_file(tmp_path, monkeypatch) -> Iterator[Path]:
    """A file `linear.py` in a second folder of the zoo."""
    monkeypatch.setattr(zoo, "__path__", [*zoo.__path__, str(tmp_path)])
    yield tmp_path / "linear.py"
    sys.modules.pop("tasks.train.zoo.linear", None)
    if hasattr(zoo, "linear"):
        del zoo.linear


def test_new_file_of_the_zoo_is_a_new_network(new_file):
    new_file.write_text(
        "from tasks.train.network.blocks import dense_head\n\n\n"
        "def linear(pixels, n_classes):\n    return dense_head(pixels, (), n_classes)\n"
    )
    assert "linear" in network_names()
    network = build_classifier("linear", 8, 2, STILL, seed=0)
    assert network.count_params() == 8 * 8 * 2 + 2


def test_file_that_defines_another_name_is_refused(new_file):
    new_file.write_text("def line(pixels, n_classes):\n    return pixels\n")
    with pytest.raises(TrainingError, match=r"no `linear`(.|\n)*zoo/linear.py"):
        find_network("linear")
