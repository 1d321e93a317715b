import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.train.fitting.learning_schedule import is_over, kept_epoch, learning_rate, plateau_rate
from tests.cohorts import train_params

COSINE = train_params(schedule="cosine", epochs=5, warmup_epochs=1, learning_rate=0.01)


def rates(params, steps_per_epoch: int) -> list[float]:
    schedule = learning_rate(params, steps_per_epoch)
    steps = range(params.epochs * steps_per_epoch + 1)
    return [float(keras.ops.convert_to_numpy(schedule(step))) for step in steps]


def test_cosine_rises_linearly_and_falls_to_0_at_the_last_step():
    # 2 steps of warm-up, then 8 steps of half a cosine: 0.005 (1 + cos(pi k / 8))
    expected = [0.0, 0.005] + [0.005 * (1 + np.cos(np.pi * k / 8)) for k in range(9)]
    np.testing.assert_allclose(rates(COSINE, 2), expected, atol=1e-8)
    assert expected[6] == pytest.approx(0.005)


def test_cosine_without_warm_up_starts_at_the_highest_rate():
    found = rates(COSINE.model_copy(update={"warmup_epochs": 0}), 1)
    np.testing.assert_allclose(found, [0.005 * (1 + np.cos(np.pi * k / 5)) for k in range(6)],
                               atol=1e-8)  # fmt: skip


@pytest.mark.parametrize("epochs", [1, 2])
def test_a_run_shorter_than_its_warm_up_has_no_warm_up_in_the_last_epoch(epochs):
    found = rates(COSINE.model_copy(update={"epochs": epochs, "warmup_epochs": 2}), 2)
    assert found[2 * epochs - 2] == max(found) == pytest.approx(0.01)
    assert found[-1] == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("schedule", ["plateau", "constant"])
def test_other_schedules_start_with_a_number(schedule):
    assert learning_rate(train_params(schedule=schedule, learning_rate=0.02), 3) == 0.02


@pytest.mark.parametrize(
    ("losses", "n_times"),
    [
        ([], 0),
        ([1.0, 0.9, 0.8, 0.7], 0),
        ([0.5, 0.6, 0.6], 1),  # two in a row without a lower loss
        ([0.5, 0.6, 0.4, 0.6], 0),  # 0.4 starts a new count
        ([0.5, 0.6, 0.6, 0.6, 0.6], 2),
        ([0.5, 0.49995, 0.4999], 1),  # a difference of 0.0001 does not count
    ],
)
def test_plateau_lowers_the_rate_once_per_patience(losses, n_times):
    params = train_params(learning_rate=0.1, plateau_factor=0.5, plateau_patience=2)
    assert plateau_rate(losses, params) == pytest.approx(0.1 * 0.5**n_times)


@given(st.lists(st.sampled_from([0.1, 0.2, 0.20005, 0.3, 0.7]), max_size=12), st.integers(1, 4))
def test_plateau_gives_the_rates_of_keras(losses, patience):
    class Model:
        optimizer = keras.optimizers.SGD(0.1)

    params = train_params(learning_rate=0.1, plateau_factor=0.5, plateau_patience=patience)
    theirs = keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=patience)
    theirs.set_model(Model)
    theirs.on_train_begin()
    Model.optimizer.learning_rate = 0.1
    for epoch, loss in enumerate(losses):
        theirs.on_epoch_end(epoch, {"val_loss": loss})
    found = float(keras.ops.convert_to_numpy(Model.optimizer.learning_rate))
    assert plateau_rate(losses, params) == pytest.approx(found, rel=1e-5)


def test_first_best_epoch_is_kept_and_patience_counts_from_there():
    params = train_params(epochs=9, early_stopping_patience=2)
    losses = [0.9, 0.4, 0.5, 0.4]
    assert kept_epoch(losses, params) == 1
    assert [is_over(losses[:n], params) for n in range(5)] == [False, False, False, False, True]


def test_without_patience_all_epochs_run_and_the_last_one_is_kept():
    params = train_params(epochs=4, early_stopping_patience=None)
    losses = [0.1, 0.4, 0.5, 0.6]
    assert kept_epoch(losses, params) == 3
    assert [is_over(losses[:n], params) for n in range(5)] == [False] * 4 + [True]
