import keras
import numpy as np
import pytest

from tasks.train.augmentation import augmentation_layers
from tests.cohorts import STILL

ONE_EACH = {
    "flip": True,
    "rotation_deg": 20.0,
    "zoom": 0.3,
    "shift": 0.2,
    "brightness": 0.3,
    "contrast": 0.5,
}
ALL = STILL.model_copy(update=ONE_EACH)
FILMS = np.random.default_rng(0).random((8, 16, 16, 1), dtype=np.float32)


def apply(params, seed: int = 0, training: bool = True, films=FILMS) -> np.ndarray:
    for layer in augmentation_layers(params, seed):
        films = layer(films, training=training)
    return np.asarray(films)


def test_zero_switches_each_change_off():
    assert list(augmentation_layers(STILL, 0)) == []
    for name, value in ONE_EACH.items():
        (layer,) = augmentation_layers(STILL.model_copy(update={name: value}), 0)
        assert layer.name == f"augment_{name.removesuffix('_deg')}"


@pytest.mark.parametrize("name", ONE_EACH)
def test_each_change_acts_in_training_and_not_at_prediction(name):
    params = STILL.model_copy(update={name: ONE_EACH[name]})
    np.testing.assert_array_equal(apply(params, training=False), FILMS)
    assert np.abs(apply(params) - FILMS).max() > 0.01


@pytest.mark.parametrize("seed", [0, 1, 2, 2**32 - 1])
def test_changed_films_keep_their_range_shape_and_type(seed):
    extremes = np.stack([np.zeros((16, 16, 1)), np.ones((16, 16, 1)), FILMS[0]] * 4)
    changed = apply(ALL, seed, films=extremes.astype(np.float32))
    assert changed.shape == (12, 16, 16, 1)
    assert changed.dtype == np.float32
    assert changed.min() >= 0.0
    assert changed.max() <= 1.0


def test_flip_mirrors_left_and_right_or_leaves_the_film():
    flipped = apply(STILL.model_copy(update={"flip": True}))
    mirrored = [np.array_equal(new, old[:, ::-1]) for new, old in zip(flipped, FILMS, strict=True)]
    same = [np.array_equal(new, old) for new, old in zip(flipped, FILMS, strict=True)]
    assert all(a or b for a, b in zip(mirrored, same, strict=True))
    assert any(mirrored)
    assert any(same)


def test_shift_uncovers_black_and_moves_at_most_its_share():
    white = np.ones((32, 20, 20, 1), dtype=np.float32)
    shifted = apply(STILL.model_copy(update={"shift": 0.2}), films=white)
    assert shifted.min() == 0.0
    left = shifted.sum(axis=(1, 2, 3)) / 400
    assert left.min() >= 0.8 * 0.8 - 1e-3  # a fifth of each side at most
    assert left.min() < 0.95


def test_brightness_adds_at_most_its_share_of_the_range():
    grey = np.full((64, 4, 4, 1), 0.5, dtype=np.float32)
    added = apply(STILL.model_copy(update={"brightness": 0.3}), films=grey)[:, 0, 0, 0] - 0.5
    assert np.abs(added).max() <= 0.3 + 1e-6
    assert added.min() < -0.15
    assert added.max() > 0.15


def test_contrast_is_lowered_and_raised_by_at_most_its_share():
    halves = np.full((64, 4, 4, 1), 0.4, dtype=np.float32)
    halves[:, :2] = 0.6
    changed = apply(STILL.model_copy(update={"contrast": 0.5}), films=halves)
    gap = changed[:, 0, 0, 0] - changed[:, 3, 0, 0]  # 0.2 before
    assert gap.min() >= 0.1 - 1e-6
    assert gap.max() <= 0.3 + 1e-6
    assert gap.min() < 0.15
    assert gap.max() > 0.25
    np.testing.assert_allclose(changed.mean(axis=(1, 2, 3)), 0.5, atol=1e-5)


def test_rotation_turns_at_most_its_degrees():
    half = np.zeros((64, 41, 41, 1), dtype=np.float32)
    half[:, 20:] = 1.0  # bright below the middle: the edge line tells the angle
    turned = apply(STILL.model_copy(update={"rotation_deg": 10.0}), films=half)
    heights = (turned[:, :, 30, 0] < 0.5).sum(axis=1) - (turned[:, :, 10, 0] < 0.5).sum(axis=1)
    degrees = np.degrees(np.arctan(heights / 20))
    assert np.abs(degrees).max() <= 10 + 3  # one pixel of 20 is 3 degrees
    assert degrees.min() < -5
    assert degrees.max() > 5


def test_zoom_enlarges_and_shrinks_by_at_most_its_share():
    square = np.zeros((64, 60, 60, 1), dtype=np.float32)
    square[:, 20:40, 20:40] = 1.0
    zoomed = apply(STILL.model_copy(update={"zoom": 0.25}), films=square)
    side_px = np.sqrt(zoomed.sum(axis=(1, 2, 3)))  # 20 before
    assert side_px.min() >= 20 / 1.25 - 0.5
    assert side_px.max() <= 20 / 0.75 + 0.5
    assert side_px.min() < 18
    assert side_px.max() > 23


def test_two_calls_differ_and_films_of_a_batch_differ():
    layers = list(augmentation_layers(ALL, 0))
    same_film = np.repeat(FILMS[:1], 8, axis=0)

    def call() -> np.ndarray:
        films = same_film
        for layer in layers:
            films = layer(films, training=True)
        return np.asarray(films)

    first, second = call(), call()
    assert np.abs(first - second).max() > 0.01
    assert np.abs(first - first[:1]).max() > 0.01


def test_same_seed_same_changes_whatever_the_global_seed():
    keras.utils.set_random_seed(1)
    first = apply(ALL, seed=5)
    keras.utils.set_random_seed(2)
    np.testing.assert_array_equal(apply(ALL, seed=5), first)
    assert np.abs(apply(ALL, seed=6) - first).max() > 0.01
