import keras
import numpy as np
import pytest

from tasks.train.fitting.moving_average import STEPS_PER_UPDATE, AverageWeights, decay

N_STEPS = 11  # per epoch: an update at step 8 and one at the end


class Drift(keras.callbacks.Callback):
    """Sets every weight to the number of the step, and records the weights at validation."""

    def __init__(self) -> None:
        super().__init__()
        self.step = 0
        self.seen: list[float] = []

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        self.step += 1
        self.model.set_weights([np.full_like(w, self.step) for w in self.model.get_weights()])

    def on_test_batch_end(self, batch, logs=None):  # noqa: ARG002
        self.seen.append(float(self.model.get_weights()[0].ravel()[0]))


def test_early_averages_follow_the_weights_and_later_ones_use_the_momentum():
    assert decay(0, 0.999) == pytest.approx(0.1)
    assert decay(8, 0.999) == pytest.approx(9 / 18)
    assert decay(10**6, 0.9) == pytest.approx(0.9)
    assert decay(10**6, 0.9, 8) == pytest.approx(0.9**8)


def test_validation_uses_the_averages_and_training_uses_the_weights():
    model = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
    model.add(keras.layers.Dense(1))
    model.compile("sgd", "mse")
    drift, average = Drift(), AverageWeights(0.9, N_STEPS)
    average.begin([np.zeros_like(weight) for weight in model.get_weights()])
    films = np.ones((N_STEPS, 2), dtype=np.float32)
    truth = np.ones((N_STEPS, 1), dtype=np.float32)
    one = (films[:1], truth[:1])
    model.fit(films, truth, batch_size=1, epochs=2, verbose=0, validation_data=one,
              callbacks=[drift, average])  # fmt: skip
    value, expected, since = 0.0, [], 0
    for step in range(1, 2 * N_STEPS + 1):
        since += 1
        if since == STEPS_PER_UPDATE or step % N_STEPS == 0:
            value += (1 - min(0.9, (1 + step) / (10 + step)) ** since) * (step - value)
            since = 0
        if step % N_STEPS == 0:
            expected.append(value)
    np.testing.assert_allclose(drift.seen, expected, rtol=1e-5)
    for found in average.values:  # kernel, bias, gamma, beta, moving mean and variance
        np.testing.assert_allclose(found, expected[-1], rtol=1e-5)
    assert len(average.values) == 6
    assert float(model.get_weights()[0].ravel()[0]) == 2 * N_STEPS
