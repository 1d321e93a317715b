import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from tasks.evaluate.robustness.disturbances import DISTURBANCES, disturb, film_generator

BY_NAME = {one.name: one for one in DISTURBANCES}
NAMES = sorted(BY_NAME)
IDENTITY = {"blur": 0, "gamma": 1, "contrast": 1, "noise": 0, "shift": 0, "rotation": 0, "size": 1}
RANDOM = ("gamma", "contrast", "noise", "shift", "rotation")


def smooth_films(n: int = 6, size_px: int = 48, seed: int = 0) -> np.ndarray:
    """Films with detail of all sizes and grey levels in the middle of the range."""
    noise = np.random.default_rng(seed).normal(size=(n, size_px, size_px))
    detail = sum(ndimage.gaussian_filter(noise, (0, s, s)) * s for s in (1, 2, 4))
    films = 128 + 40 * detail / detail.std()
    return np.clip(films, 0, 255).astype(np.uint8)[..., np.newaxis]


def ids_of(films: np.ndarray) -> list[str]:
    return [f"film-{number}" for number in range(len(films))]


def damage(films: np.ndarray, name: str, value: float) -> float:
    disturbed = disturb(films, ids_of(films), BY_NAME[name], value, seed=0)
    return float(np.abs(disturbed.astype(float) - films).mean())


def test_there_are_the_eight_disturbances_of_five_rising_or_falling_values():
    assert NAMES == ["blur", "contrast", "gamma", "jpeg", "noise", "rotation", "shift", "size"]
    for one in DISTURBANCES:
        steps = np.diff(one.values)
        assert len(one.values) == 5
        assert (steps > 0).all() or (steps < 0).all()


@pytest.mark.parametrize(("name", "value"), sorted(IDENTITY.items()))
def test_a_value_that_means_no_damage_changes_no_pixel(name, value):
    films = smooth_films()
    disturbed = disturb(films, ids_of(films), BY_NAME[name], value, seed=0)
    assert np.array_equal(disturbed, films)


@pytest.mark.parametrize("name", NAMES)
def test_damage_grows_with_the_strength(name):
    films = smooth_films(size_px=96)
    damages = [damage(films, name, value) for value in BY_NAME[name].values]
    assert damages[0] > 0
    assert damages == sorted(damages)


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    strength=st.integers(0, 4),
    size_px=st.integers(9, 33),
    seed=st.integers(0, 2**31),
)
def test_shape_and_type_stay_and_a_film_does_not_depend_on_the_others(
    name, strength, size_px, seed
):
    films = smooth_films(3, size_px, seed=1)
    value = BY_NAME[name].values[strength]
    disturbed = disturb(films, ["a", "b", "c"], BY_NAME[name], value, seed)
    assert (disturbed.shape, disturbed.dtype) == (films.shape, np.uint8)
    reordered = disturb(films[[2, 0]], ["c", "a"], BY_NAME[name], value, seed)
    assert np.array_equal(reordered, disturbed[[2, 0]])


@pytest.mark.parametrize("name", RANDOM)
def test_another_seed_changes_what_is_drawn_at_random(name):
    films = smooth_films(20)
    first, second = (
        disturb(films, ids_of(films), BY_NAME[name], BY_NAME[name].values[4], seed)
        for seed in (0, 1)
    )
    assert not np.array_equal(first, second)


def test_each_strength_takes_the_same_noise():
    film = np.full((1, 32, 32, 1), 128, dtype=np.uint8)
    mild, strong = (
        disturb(film, ["a"], BY_NAME["noise"], s, 0).astype(float) for s in (0.02, 0.06)
    )
    assert np.abs((strong - 128) / 3 - (mild - 128)).max() <= 1  # rounding to grey levels


def test_noise_has_the_stated_standard_deviation():
    film = np.full((1, 200, 200, 1), 128, dtype=np.uint8)
    disturbed = disturb(film, ["a"], BY_NAME["noise"], 0.04, seed=0)
    assert disturbed.std() == pytest.approx(0.04 * 255, rel=0.02)


def test_gamma_and_contrast_take_the_inverse_for_half_of_the_films():
    films = np.full((200, 2, 2, 1), 100, dtype=np.uint8)
    brighter = disturb(films, ids_of(films), BY_NAME["gamma"], 1.6, 0)[:, 0, 0, 0] > 100
    assert 0.4 < brighter.mean() < 0.6
    levels = set(np.unique(disturb(films, ids_of(films), BY_NAME["gamma"], 1.6, 0)).tolist())
    assert levels == {round(255 * (100 / 255) ** power) for power in (1.6, 1 / 1.6)}


def test_contrast_by_hand():
    film = np.array([[50, 150], [50, 150]], dtype=np.uint8)[np.newaxis, ..., np.newaxis]
    found = {
        tuple(np.unique(disturb(film, [one], BY_NAME["contrast"], 1.6, 0)).tolist())
        for one in "abcdefgh"
    }
    assert found == {(20, 180), (69, 131)}  # 100 -+ 50 * 1.6 and 100 -+ 50 / 1.6


def test_shift_moves_by_the_stated_distance():
    film = np.zeros((1, 101, 101, 1), dtype=np.uint8)
    film[0, 45:56, 45:56] = 200
    for image_id in "abc":
        moved = disturb(film, [image_id], BY_NAME["shift"], 0.1, seed=0)[0, ..., 0]
        centre = ndimage.center_of_mass(moved.astype(float))
        assert np.hypot(centre[0] - 50, centre[1] - 50) == pytest.approx(10.1, abs=0.1)


def test_rotation_turns_by_the_stated_angle():
    film = np.zeros((1, 101, 101, 1), dtype=np.uint8)
    film[0, 48:53, 90] = 200  # right of the middle
    row, column = ndimage.center_of_mass(
        disturb(film, ["a"], BY_NAME["rotation"], 15, 0)[0, ..., 0].astype(float)
    )
    assert abs(np.degrees(np.arctan2(row - 50, column - 50))) == pytest.approx(15, abs=0.3)


def test_jpeg_is_that_of_pillow():
    film = smooth_films(1)
    file = io.BytesIO()
    Image.fromarray(film[0, ..., 0]).save(file, "JPEG", quality=10)
    expected = np.asarray(Image.open(file))
    assert np.array_equal(disturb(film, ["a"], BY_NAME["jpeg"], 10, 0)[0, ..., 0], expected)


def test_generators_of_two_purposes_or_two_films_differ():
    draws = {film_generator(*key).random() for key in (("a", "x", 0), ("b", "x", 0), ("a", "y", 0))}
    assert len(draws) == 3
