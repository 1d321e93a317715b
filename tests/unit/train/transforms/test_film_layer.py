"""Each transform of a film: its size, its limits, its draws."""

import math

import keras
import numpy as np
import pytest

from tasks.core.params import AugmentParams
from tasks.train.transforms.layers import augmentation_layers
from tasks.train.transforms.presets import resolve
from tests.cohorts import STILL, augment_params

ONE_EACH = {
    "zoom": 0.3,
    "shift": 0.2,
    "rotation_deg": 20.0,
    "horizontal_flip": True,
    "vertical_flip": True,
    "crop_min_area": 0.2,
    "crop_max_ratio": 1.5,
    "brightness": 0.3,
    "contrast": 0.5,
    "gamma": 0.5,
    "blur": 0.1,
    "noise": 0.1,
    "jpeg_min_quality": 10,
    "mixup": 4.0,  # shares near one half
    "amplitude_mix": 1.0,
    "histogram_match": 1.0,
}
ALL = augment_params("none", **ONE_EACH)
FILMS = np.random.default_rng(0).random((8, 16, 16, 1), dtype=np.float32)


def apply(params: AugmentParams, seed: int = 0, training: bool = True, films=FILMS) -> np.ndarray:
    for layer in augmentation_layers(resolve(params), seed):
        films = layer(films, training=training)
    return np.asarray(films)


def only(films=FILMS, seed: int = 0, **changes) -> np.ndarray:
    return apply(augment_params("none", **changes), seed, films=films)


def test_every_transform_is_tested_below():
    of_features = {"mixstyle"}
    assert set(ONE_EACH) == set(AugmentParams.model_fields) - {"preset"} - of_features


def test_the_preset_none_adds_no_layer():
    assert list(augmentation_layers(resolve(STILL), 0)) == []


@pytest.mark.parametrize("name", ONE_EACH)
def test_each_transform_acts_in_training_and_not_at_prediction(name):
    params = augment_params("none", **{name: ONE_EACH[name]})
    np.testing.assert_array_equal(apply(params, training=False), FILMS)
    assert np.abs(apply(params) - FILMS).max() > 0.01


@pytest.mark.parametrize("seed", [0, 1, 2, 2**32 - 1])
@pytest.mark.parametrize("side_px", [16, 21])
def test_changed_films_keep_their_range_shape_and_type(seed, side_px):
    film = np.random.default_rng(1).random((side_px, side_px, 1))
    extremes = np.stack([np.zeros_like(film), np.ones_like(film), film] * 4)
    changed = apply(ALL, seed, films=extremes.astype(np.float32))
    assert changed.shape == (12, side_px, side_px, 1)
    assert changed.dtype == np.float32
    assert changed.min() >= 0.0
    assert changed.max() <= 1.0


@pytest.mark.parametrize(("name", "axis"), [("horizontal_flip", 1), ("vertical_flip", 0)])
def test_flip_mirrors_one_axis_exactly_or_leaves_the_film(name, axis):
    pairs = list(zip(only(**{name: True}), FILMS, strict=True))
    mirrored = [np.abs(new - np.flip(old, axis)).max() < 1e-5 for new, old in pairs]
    same = [np.abs(new - old).max() < 1e-5 for new, old in pairs]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert any(mirrored)
    assert any(same)


def test_shift_uncovers_black_and_moves_at_most_its_share():
    white = np.ones((32, 20, 20, 1), dtype=np.float32)
    shifted = only(white, shift=0.2)
    assert shifted.min() == 0.0
    left = shifted.sum(axis=(1, 2, 3)) / 400
    assert left.min() >= 0.8 * 0.8 - 1e-3  # a fifth of each side at most
    assert left.min() < 0.85
    assert left.max() > 0.9


def test_rotation_turns_at_most_its_degrees():
    half = np.zeros((64, 41, 41, 1), dtype=np.float32)
    half[:, 20:] = 1.0  # bright below the middle: the edge shows the angle
    turned = only(half, rotation_deg=10.0)
    heights = (turned[:, :, 30, 0] < 0.5).sum(axis=1) - (turned[:, :, 10, 0] < 0.5).sum(axis=1)
    degrees = np.degrees(np.arctan(heights / 20))
    assert np.abs(degrees).max() <= 10 + 3  # one pixel of 20 is 3 degrees
    assert degrees.min() < -5
    assert degrees.max() > 5


def test_zoom_enlarges_and_shrinks_by_at_most_its_share():
    square = np.zeros((64, 60, 60, 1), dtype=np.float32)
    square[:, 20:40, 20:40] = 1.0
    side_px = np.sqrt(only(square, zoom=0.25).sum(axis=(1, 2, 3)))  # 20 before
    assert side_px.min() >= 20 / 1.25 - 0.5
    assert side_px.max() <= 20 / 0.75 + 0.5
    assert side_px.min() < 18
    assert side_px.max() > 23


def ramps(n: int, side_px: int) -> np.ndarray:
    """Films whose brightness is the column, or in the second half the row."""
    position = np.arange(side_px, dtype=np.float32) / (side_px - 1)
    across = np.tile(position, (side_px, 1))
    return np.stack([across] * n + [across.T] * n)[..., None]


def test_crop_keeps_its_smallest_area_and_largest_ratio_of_sides():
    n, side_px = 200, 33
    films = ramps(1, side_px)
    # draws depend on the position in the batch, so one seed gives widths and heights of one crop
    widths, heights = (
        (seen := only(np.repeat(film[None], n, axis=0), crop_min_area=0.25, crop_max_ratio=1.5))[
            (slice(None), *corner, 0)
        ]
        - seen[:, 0, 0, 0]
        for film, corner in zip(films, ((0, -1), (-1, 0)), strict=True)
    )  # share of the side between the first and the last pixel: the size of the crop
    areas, ratios = widths * heights, widths / heights
    assert areas.min() >= 0.25 - 1e-3
    assert areas.min() < 0.3
    assert areas.max() > 0.9
    assert ratios.min() >= 1 / 1.5 - 1e-3
    assert ratios.max() <= 1.5 + 1e-3
    assert ratios.min() < 0.75
    assert ratios.max() > 1.33
    assert 0.5 < np.median(areas) < 0.7  # uniform from 0.25 to 1, less if a side is cut


def test_crop_never_reaches_beyond_the_film():
    white = np.ones((64, 16, 16, 1), dtype=np.float32)
    np.testing.assert_allclose(
        only(white, crop_min_area=0.08, crop_max_ratio=4 / 3), 1.0, atol=1e-4
    )


def test_all_moves_together_are_one_resampling_that_keeps_detail():
    # four linear interpolations in a row leave less contrast than one
    lines = np.tile(np.arange(32, dtype=np.float32) % 2, (16, 32, 1))[..., None]
    layers = [augment_params("none", shift=0.02) for _ in range(4)]
    once, often = apply(layers[0], films=lines), lines
    for seed, params in enumerate(layers):
        often = apply(params, seed, films=often)
    together = only(lines, shift=0.02, zoom=0.001, rotation_deg=0.01, crop_min_area=0.999)
    inside = (slice(None), slice(4, -4), slice(4, -4))
    assert together[inside].std() == pytest.approx(once[inside].std(), rel=0.15)
    assert often[inside].std() < 0.7 * once[inside].std()


def test_brightness_adds_at_most_its_share_of_the_range():
    grey = np.full((64, 4, 4, 1), 0.5, dtype=np.float32)
    added = only(grey, brightness=0.3)[:, 0, 0, 0] - 0.5
    assert np.abs(added).max() <= 0.3 + 1e-6
    assert added.min() < -0.15
    assert added.max() > 0.15


def test_contrast_changes_about_the_mean_by_at_most_its_share():
    halves = np.full((64, 4, 4, 1), 0.4, dtype=np.float32)
    halves[:, :2] = 0.6
    changed = only(halves, contrast=0.5)
    gap = changed[:, 0, 0, 0] - changed[:, 3, 0, 0]  # 0.2 before
    assert gap.min() >= 0.1 - 1e-6
    assert gap.max() <= 0.3 + 1e-6
    assert gap.min() < 0.15
    assert gap.max() > 0.25
    np.testing.assert_allclose(changed.mean(axis=(1, 2, 3)), 0.5, atol=1e-5)


def test_gamma_keeps_black_and_white_and_changes_the_rest_both_ways():
    wedge = np.tile(np.array([0, 0.5, 1], dtype=np.float32), (64, 3, 1))[..., None]
    bent = only(wedge, gamma=1.0)
    np.testing.assert_allclose(bent[:, :, 0], 0.0, atol=1e-6)
    np.testing.assert_allclose(bent[:, :, 2], 1.0, atol=1e-6)
    exponents = np.log(bent[:, 0, 1, 0]) / math.log(0.5)
    assert exponents.min() >= 0.5 - 1e-4
    assert exponents.max() <= 2.0 + 1e-4
    assert (exponents < 1).mean() == pytest.approx(0.5, abs=0.2)


def test_two_calls_differ_and_films_of_a_batch_differ():
    layers = list(augmentation_layers(resolve(ALL.model_copy(update={"mixup": 0.0})), 0))
    same_film = np.repeat(FILMS[:1], 8, axis=0)

    def call() -> np.ndarray:
        films = same_film
        for layer in layers:
            films = layer(films, training=True)
        return np.asarray(films)

    first, second = call(), call()
    assert np.abs(first - second).max() > 0.01
    assert np.abs(first - first[:1]).max() > 0.01


def test_the_seed_of_the_layer_decides_and_not_the_global_seed():
    keras.utils.set_random_seed(1)
    first = apply(ALL, seed=5)
    keras.utils.set_random_seed(2)
    np.testing.assert_array_equal(apply(ALL, seed=5), first)
    assert np.abs(apply(ALL, seed=6) - first).max() > 0.01


def test_switching_one_transform_on_does_not_change_the_draws_of_the_others():
    grey = np.full((8, 16, 16, 1), 0.5, dtype=np.float32)
    alone = only(grey, brightness=0.2)
    with_flips = only(grey, brightness=0.2, horizontal_flip=True, rotation_deg=0.0)
    np.testing.assert_allclose(with_flips, alone, atol=1e-6)
