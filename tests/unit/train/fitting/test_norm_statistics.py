"""Statistics of batch normalisation are those of the films that pass through the network."""

import keras
import numpy as np
import pytest
from keras import layers

from tasks.train.fitting.batches import Batches
from tasks.train.fitting.norm_statistics import estimate_statistics
from tasks.train.network.blocks import batch_norm
from tests.cohorts import draw_squares, squares_cohort, store_films

SAMPLES = squares_cohort({"train": 5})  # 10 films: batches of 4, 4 and 2


@pytest.fixture(scope="module")
def films():
    return draw_squares(SAMPLES, 16)


@pytest.fixture(scope="module")
def batches(tmp_path_factory, films):
    store = store_films(tmp_path_factory.mktemp("s") / "images", SAMPLES, films)
    return Batches(SAMPLES, store, 2, 4, seed=1)


def network(*middle):
    images = keras.Input((16, 16, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255)(images)
    for layer in middle:
        x = layer(x)
    return keras.Model(images, layers.Dense(2)(layers.Flatten()(x)))


def statistics(layer):
    values = (layer.moving_mean.value, layer.moving_variance.value)
    return [float(keras.ops.convert_to_numpy(value)[0]) for value in values]


@pytest.mark.parametrize("kind", ["ours", "keras"])
def test_statistics_are_those_of_all_films_together(kind, films, batches):
    norm = batch_norm("ours") if kind == "ours" else layers.BatchNormalization(momentum=0.99)
    model = network(norm)
    kept = [np.copy(weight) for weight in model.trainable_variables]
    norm.set_weights([np.float32([2.0]), np.float32([0.5]), np.float32([7.0]), np.float32([9.0])])
    estimate_statistics(model, batches)
    pixels = films / 255.0
    assert statistics(norm) == pytest.approx([pixels.mean(), pixels.var()], rel=1e-4)
    assert [float(norm.gamma.numpy()[0]), float(norm.beta.numpy()[0])] == [2.0, 0.5]
    np.testing.assert_array_equal(model.trainable_variables[2], kept[2])


def test_augmentation_and_the_statistics_of_each_batch_reach_the_next_layer(films, batches):
    class Doubled(layers.Layer):
        def call(self, x, training=False):
            return 2 * x if training else x

    first, second = batch_norm("first"), batch_norm("second")
    model = network(Doubled(), first, second)
    estimate_statistics(model, batches)
    pixels = 2 * (films / 255.0)
    assert statistics(first) == pytest.approx([pixels.mean(), pixels.var()], rel=1e-4)
    # each batch leaves the first layer with mean 0 and variance v / (v + epsilon)
    variances = [(2 * (batches[number][0] / 255.0)).var() for number in range(len(batches))]
    expected = np.average([v / (v + first.epsilon) for v in variances], weights=[4, 4, 2])
    assert statistics(second) == pytest.approx([0.0, expected], rel=1e-3, abs=1e-5)


def test_frozen_layers_of_an_inner_network_keep_their_statistics(films, batches):
    frozen, learning = batch_norm("frozen"), batch_norm("learning")
    inner = keras.Sequential([keras.Input((16, 16, 1)), frozen, learning])
    frozen.trainable = False
    model = network(inner)
    before = statistics(frozen)
    estimate_statistics(model, batches)
    assert statistics(frozen) == before == [0.0, 1.0]
    assert statistics(learning)[0] == pytest.approx(films.mean() / 255.0, rel=2e-3)


def test_a_network_without_batch_normalisation_reads_no_film():
    estimate_statistics(network(layers.ReLU()), None)
