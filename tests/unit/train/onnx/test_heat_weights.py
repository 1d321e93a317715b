"""Exact class activation maps: decided from the graph, and equal to the logits up to the bias."""

import keras
import numpy as np
import pytest
from keras import layers

from tasks.core.onnx_file import CLASS_ACTIVATION_MAP, FEATURES, LOGITS, MAPS, OCCLUSION
from tasks.train.network.ensemble import average_logits
from tasks.train.onnx.heat_weights import HeatWay, heads_of, heat_of
from tasks.train.onnx.network_with_maps import with_all_outputs
from tests.unit.train.onnx.small_networks import averaged, convolutional, films, flattened, hidden
from tests.unit.train.onnx.small_networks import pooled as pooled_head


def heat(model: keras.Model) -> HeatWay:
    return heat_of(heads_of(model))


def highest(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.GlobalMaxPooling2D(name="highest")(x)


def biases(model: keras.Model) -> np.ndarray:
    """Logits of each film without the sum of maps x weights: (n, k)."""
    found = with_all_outputs(model, heads_of(model))(films())
    weights = heat(model).weights
    places = "ck" if weights.ndim == 2 else "hwck"
    return np.asarray(found[LOGITS]) - np.einsum(
        f"bhwc,{places}->bk", np.asarray(found[MAPS]), weights
    )


@pytest.mark.parametrize(
    ("head", "shape"), [(pooled_head, (5, 3)), (flattened, (8, 8, 5, 3))], ids=["pooled", "flat"]
)
def test_sum_of_maps_and_weights_is_the_logit_without_its_bias(head, shape):
    model = convolutional(head)
    assert heat(model).method == CLASS_ACTIVATION_MAP
    assert heat(model).weights.shape == shape
    bias = model.get_layer("logits").bias.numpy()
    np.testing.assert_allclose(biases(model), np.tile(bias, (6, 1)), atol=1e-5)


@pytest.mark.parametrize("head", [pooled_head, flattened])
def test_averaged_networks_have_the_maps_of_all_of_them(head):
    model = averaged(head, 3)
    bias = np.mean([model.get_layer(f"seed{k}_logits").bias.numpy() for k in range(3)], axis=0)
    np.testing.assert_allclose(biases(model), np.tile(bias, (6, 1)), atol=1e-5)
    assert heat(model).weights.shape[-2:] == (15, 3)


def test_weights_of_a_pooled_head_are_those_of_the_layer_over_the_number_of_places():
    model = convolutional(pooled_head)
    kernel = model.get_layer("logits").kernel.numpy()
    np.testing.assert_allclose(heat(model).weights, kernel / (8 * 8), rtol=1e-5)


def test_linear_hidden_layers_and_normalisation_keep_the_maps_exact():
    def head(x):
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.BatchNormalization(name="head_bn")(layers.Dense(4, name="linear")(x))
        return layers.Activation("linear")(x)

    found = biases(convolutional(head))
    assert np.ptp(found, axis=0).max() < 1e-5


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (hidden, "layer fc1_relu lies between"),
        (highest, "layer highest lies between"),
        (
            lambda x: layers.Dense(4, activation="tanh", name="fc1")(layers.Flatten()(x)),
            "layer fc1 lies between",
        ),
        (
            lambda x: layers.Concatenate()(
                [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
            ),
            "branches",
        ),
    ],
    ids=["relu", "max", "tanh", "branches"],
)
def test_other_heads_need_occlusion_and_say_why(head, reason):
    found = heat(convolutional(head))
    assert (found.method, found.weights) == (OCCLUSION, None)
    assert reason in found.reason


def test_one_averaged_network_with_another_head_is_enough_for_occlusion():
    models = [convolutional(pooled_head, 0), convolutional(hidden, 1)]
    assert heat(average_logits(models)).method == OCCLUSION


def test_network_without_convolution_has_no_maps():
    model = convolutional(flattened, convolutions=0)
    assert heat(model) == HeatWay(
        OCCLUSION, "the network has no convolution, or its last maps have one place"
    )
    assert with_all_outputs(model, heads_of(model)).output.keys() == {
        *("logits", "probabilities", FEATURES)
    }


def test_maps_are_found_inside_a_network_that_is_a_layer():
    """As in the networks of keras.applications: the body is one layer."""
    inner = keras.Input((32, 32, 1))
    maps = layers.Conv2D(4, 3, activation="relu", name="conv")(inner)
    body = keras.Model(inner, maps, name="body")
    images = keras.Input((32, 32, 1), dtype="uint8")
    x = body(layers.Rescaling(1 / 255)(images))
    logits = layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(images, layers.Softmax()(logits))
    assert heat(model).method == CLASS_ACTIVATION_MAP
    assert np.ptp(biases(model), axis=0).max() < 1e-5
