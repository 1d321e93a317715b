import keras
import numpy as np
import pytest
from keras import layers

from tasks.core.classifier import predict_logits
from tasks.core.errors import EvaluationError
from tasks.explain.gradients import gradients_of
from tasks.explain.truncated import truncate
from tasks.train.network.build import build_classifier
from tasks.train.network.ensemble import average_logits
from tasks.train.network.guard import add_guard, fit_guard
from tests.cohorts import STILL

FILMS = np.random.default_rng(3).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)


def outputs_of(truncated, films=FILMS):
    return [np.asarray(output) for output in truncated.network(films, training=False)]


def test_one_network_returns_every_convolution_in_order(build_vgg):
    truncated = truncate(build_vgg())

    assert truncated.layers == ("block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2")
    shapes = [output.shape for output in outputs_of(truncated)]
    assert shapes == [(3, 16, 16, 4), (3, 16, 16, 4), (3, 8, 8, 6), (3, 8, 8, 6), (3, 2)]


def test_averaged_networks_return_the_maps_of_the_first_and_the_last_maps_of_the_others(build_vgg):
    networks = [build_vgg() for _ in range(3)]
    for network in networks[1:]:
        network.set_weights([weight * 0.9 for weight in network.get_weights()])

    truncated = truncate(average_logits(networks))

    assert truncated.layers == ("block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2")
    *maps, second, third, _ = outputs_of(truncated)
    for found, expected in zip(maps, outputs_of(truncate(networks[0])), strict=False):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    for found, network in ((second, networks[1]), (third, networks[2])):
        expected = outputs_of(truncate(network))[3]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_averaged_networks_with_nested_models_use_the_layer_names_of_the_first():
    networks = []
    for seed in range(2):
        keras.utils.set_random_seed(seed)
        networks.append(build_classifier("mobilenetv2", 32, 2, STILL, seed))
    films = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 1), dtype=np.uint8)

    truncated = truncate(average_logits(networks))

    assert truncated.layers == truncate(networks[0]).layers
    assert truncated.layers[-1] == "Conv_1"
    assert (
        len(truncated.network.outputs) == len(truncated.layers) + 2
    )  # and maps of the second, logits
    alone = [outputs_of(truncate(network), films)[-2] for network in networks]
    together = outputs_of(truncated, films)[-3:-1]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


def test_feature_maps_are_taken_after_the_relu(build_vgg):
    model = build_vgg()
    expected = keras.Model(model.input, model.get_layer("block2_relu1").output)(
        FILMS, training=False
    )

    np.testing.assert_allclose(outputs_of(truncate(model))[2], expected, rtol=1e-5, atol=1e-6)


def test_copy_gives_the_logits_of_the_model(build_vgg):
    model = build_vgg()

    copied = outputs_of(truncate(model))[-1]

    np.testing.assert_allclose(copied, predict_logits(model, FILMS), rtol=1e-5, atol=1e-6)


def test_gradients_reach_float_pixels_and_the_outputs_stay(build_vgg):
    model = build_vgg()
    films = FILMS.astype(np.float32)
    truncated = truncate(model, "float32")

    (gradient,) = gradients_of(
        lambda pixels: keras.ops.sum(truncated.network(pixels[0], training=False)[-1][:, 1]),
        [keras.ops.convert_to_tensor(films)],
    )

    for found, expected in zip(
        outputs_of(truncated, films), outputs_of(truncate(model)), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    assert np.abs(gradient).max() > 0


def test_model_is_not_changed(build_vgg):
    model = build_vgg()
    weights, config = model.get_weights(), model.get_config()

    truncated = truncate(model)
    truncated.network.set_weights([weight + 1 for weight in truncated.network.get_weights()])

    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert model.get_config() == config


def test_copy_of_a_half_precision_model_computes_in_float32(build_vgg):
    model = build_vgg(dtype="mixed_float16")
    assert model.get_layer("block1_conv1").compute_dtype == "float16"

    outputs = outputs_of(truncate(model))

    assert {output.dtype for output in outputs} == {np.dtype("float32")}
    np.testing.assert_allclose(outputs[-1], predict_logits(model, FILMS), atol=0.01)


def test_convolutions_inside_nested_models_are_found():
    inner_input = keras.Input((16, 16, 2))
    inner = keras.Model(inner_input, layers.Conv2D(3, 3, name="inner_conv")(inner_input))
    sequence = keras.Sequential([layers.DepthwiseConv2D(3, name="depthwise"), layers.ReLU()])
    images = keras.Input((16, 16, 1), dtype="uint8")
    x = layers.Conv2D(2, 3, padding="same", name="outer_conv")(layers.Rescaling(1 / 255)(images))
    x = layers.GlobalAveragePooling2D()(sequence(inner(x)))
    model = keras.Model(images, layers.Softmax()(layers.Dense(2, name="logits")(x)))

    truncated = truncate(model)

    assert truncated.layers == ("outer_conv", "inner_conv", "depthwise")
    maps = outputs_of(truncated)
    assert [depth.shape[1:] for depth in maps[:-1]] == [(16, 16, 2), (14, 14, 3), (12, 12, 3)]
    assert maps[2].min() == 0  # the ReLU inside the sequence
    np.testing.assert_allclose(maps[-1], predict_logits(model, FILMS), rtol=1e-5, atol=1e-6)


def test_feature_maps_are_taken_after_batch_normalisation_and_relu():
    images = keras.Input((16, 16, 1), dtype="uint8")
    x = layers.Conv2D(4, 3, use_bias=False, name="conv")(layers.Rescaling(1 / 255)(images))
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.Dense(2, name="logits")(layers.Flatten()(x))
    maps, _ = outputs_of(truncate(keras.Model(images, layers.Softmax()(x))))

    assert maps.min() == 0
    assert maps.max() > 0


def test_output_of_a_convolution_with_two_readers_is_not_rectified():
    images = keras.Input((16, 16, 1), dtype="uint8")
    stem = layers.Conv2D(4, 3, padding="same", name="stem")(layers.Rescaling(1 / 255)(images))
    branch = layers.Conv2D(4, 3, padding="same", name="branch")(layers.ReLU()(stem))
    x = layers.GlobalAveragePooling2D()(layers.Add()([stem, branch]))
    model = keras.Model(images, layers.Softmax()(layers.Dense(2, name="logits")(x)))

    stem_maps, _, logits = outputs_of(truncate(model))

    assert stem_maps.min() < 0
    np.testing.assert_allclose(logits, predict_logits(model, FILMS), rtol=1e-5, atol=1e-6)


def dense_network(width_px: int = 5) -> keras.Model:
    """Logit k is k + 1 times the pixel in row 1, column 2, of a film 3 px high."""
    images = keras.Input((3, width_px, 1), dtype="uint8")
    logits = layers.Dense(2, name="logits")
    model = keras.Model(images, layers.Softmax()(logits(layers.Flatten()(images))))
    weights = np.zeros((3 * width_px, 2), dtype=np.float32)
    weights[width_px + 2] = [1, 2]
    logits.set_weights([weights, np.zeros(2, dtype=np.float32)])
    return model


def test_dense_network_has_no_maps_and_weights_as_large_as_the_film():
    model = dense_network()
    truncated = truncate(model)

    assert (truncated.layers, truncated.first_layer) == ((), "logits")
    assert truncated.first_kernel.shape == (3, 5, 1, 2)
    assert np.argwhere(truncated.first_kernel).tolist() == [[1, 2, 0, 0], [1, 2, 0, 1]]
    film = np.arange(15, dtype=np.uint8).reshape(1, 3, 5, 1)
    assert np.asarray(truncated.network(film, training=False)).tolist() == [[7, 14]]


def test_first_layer_of_a_convolutional_network_is_its_first_convolution(build_vgg):
    truncated = truncate(build_vgg())

    assert truncated.first_layer == "block1_conv1"
    assert truncated.first_kernel.shape == (3, 3, 1, 4)


def test_model_without_a_convolution_or_a_dense_layer_on_pixels_is_refused():
    images = keras.Input((4, 4, 1), dtype="uint8")
    pooled = layers.Flatten()(layers.AveragePooling2D(2)(layers.Rescaling(1 / 255)(images)))
    x = layers.Dense(2, name="logits")(pooled)

    with pytest.raises(EvaluationError, match="2-D convolution or a dense layer"):
        truncate(keras.Model(images, layers.Softmax()(x)))


def test_guard_behind_the_logits_is_left_out():
    films = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 1), dtype=np.uint8)
    images = keras.Input((16, 16, 1), dtype="uint8")
    x = keras.layers.Dense(3, name="fc1")(keras.layers.Flatten()(images))
    x = keras.layers.Dense(2, name="logits")(x)
    model = keras.Model(images, keras.layers.Softmax(name="predictions")(x))
    guarded = add_guard(model, fit_guard(films))
    truncated = truncate(guarded)
    assert (truncated.layers, truncated.first_layer) == ((), "fc1")
    assert not [layer for layer in truncated.network.layers if layer.name.startswith("guard")]
