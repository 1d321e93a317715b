"""The weights at the ends of the last epochs are averaged with equal shares."""

import keras
import numpy as np
import pytest

from tasks.train.fitting.batches import Batches
from tasks.train.fitting.epoch_average import EpochAverage
from tasks.train.fitting.fit import Resources, fit
from tests.cohorts import STILL, draw_squares, squares_cohort, store_films, train_params

SAMPLES = squares_cohort({"train": 6, "val": 2, "test": 2})  # 12 films: 3 steps of 4


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return store_films(tmp_path_factory.mktemp("s") / "images", SAMPLES, draw_squares(SAMPLES, 16))


class Place(keras.callbacks.Callback):
    """Sets the kernel at the end of each epoch, and records it at validation."""

    def __init__(self, values):
        super().__init__()
        self.values = values
        self.epoch = 0
        self.seen: list[float] = []

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        self.model.set_weights([np.float32([[self.values[self.epoch]]])])

    def on_test_end(self, logs=None):  # noqa: ARG002
        self.seen.append(float(self.model.get_weights()[0][0, 0]))


def fitted(values, n_averaged, average=None, first_epoch=0):
    """Fit a network of one weight; returns the average and the weight at each validation."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    average = average or EpochAverage(n_averaged, len(values), None)
    place = Place(values)
    one = np.ones((1, 1), dtype=np.float32)
    model.fit(one, one, epochs=len(values), initial_epoch=first_epoch, verbose=0,
              validation_data=(one, one), callbacks=[place, average])  # fmt: skip
    return average, place.seen


def test_the_last_validation_judges_the_mean_of_three_snapshots():
    average, seen = fitted([8.0, 1.0, 2.0, 6.0], 3)
    assert seen == [8.0, 1.0, 2.0, 3.0]  # (1 + 2 + 6) / 3
    assert [values.tolist() for values in average.values] == [[[3.0]]]


def test_before_the_last_epochs_there_is_no_average():
    average = EpochAverage(1, 3, None)
    average.begin([np.float32([[5.0]])])
    assert average.values == []


def test_a_mean_of_two_snapshots_can_be_resumed():
    average = EpochAverage(3, 4, None)
    average.resume([np.float32([[1.5]])])  # of 1 and 2
    average, seen = fitted([8.0, 1.0, 2.0, 6.0], 3, average, first_epoch=3)
    assert seen == [3.0]


@pytest.mark.slow
def test_the_kept_network_has_the_mean_weights_and_statistics_of_the_films(store, tmp_path):
    settings = {"batch_size": 4, "augment": STILL, "early_stopping_patience": None}
    settings |= {"schedule": "constant", "learning_rate": 0.01}

    def trained(n_epochs, **more):
        params = train_params(epochs=n_epochs, **settings, **more)
        folder = tmp_path / f"{n_epochs}{len(more)}"
        return fit("cnn4_bn", SAMPLES, store, params, folder, Resources(n_threads=1))

    snapshots = [trained(n).model for n in (1, 2, 3)]
    run = trained(3, average_epochs=2)
    for number, variable in enumerate(run.model.trainable_variables):
        second, third = (model.trainable_variables[number].numpy() for model in snapshots[1:])
        np.testing.assert_allclose(variable.numpy(), (second + third) / 2, atol=1e-6)
    assert run.best_epoch == 3
    films = store.read(list(SAMPLES["image_id"][SAMPLES["split"] == "train"]))
    norm = next(one for one in run.model.layers if isinstance(one, keras.layers.BatchNormalization))
    before = keras.Model(run.model.input, norm.input)
    values = before.predict(films, verbose=0)
    np.testing.assert_allclose(norm.moving_mean.numpy(), values.mean((0, 1, 2)), rtol=1e-4)
    np.testing.assert_allclose(norm.moving_variance.numpy(), values.var((0, 1, 2)), rtol=1e-3)


def test_the_statistics_use_the_films_in_the_order_of_the_first_epoch(store):
    train = SAMPLES[SAMPLES["split"] == "train"]
    later = Batches(train, store, 2, 4, seed=5, first_epoch=3)
    later.on_epoch_end()
    again = later.restarted()
    assert again.image_ids(0) == Batches(train, store, 2, 4, seed=5).image_ids(0)
    assert later.image_ids(0) == Batches(train, store, 2, 4, seed=5, first_epoch=4).image_ids(0)
