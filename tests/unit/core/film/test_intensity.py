"""Each intensity setting adjusts grey levels as documented."""

import numpy as np
import pytest

from tasks.core.film.intensity import adjust_intensity
from tests.films import film_pixels

FILM = film_pixels(1, 64, 64)


def test_none_changes_nothing() -> None:
    assert adjust_intensity(FILM, "none") is FILM


def test_percentile_maps_the_1st_to_0_and_the_99th_to_255() -> None:
    image = np.arange(50, 151, dtype=np.uint8).reshape(1, 101)  # its k-th percentile is 50 + k
    spread = adjust_intensity(image, "percentile")[0]
    assert spread[[0, 1]].tolist() == [0, 0]
    assert spread[[99, 100]].tolist() == [255, 255]
    assert spread[50] == 128  # 255 x (100 - 51) / (149 - 51) = 127.5, to even
    assert (np.diff(spread.astype(int)) >= 0).all()


def test_percentile_ignores_a_small_bright_letter() -> None:
    film = np.tile(np.arange(64, 128, dtype=np.uint8), (64, 1))
    marked = film.copy()
    marked[:5, :5] = 255  # 0.6 % of the film
    difference = adjust_intensity(marked, "percentile").astype(int) - adjust_intensity(
        film, "percentile"
    )
    assert np.abs(difference[5:]).max() <= 4


def test_clahe_raises_local_contrast_in_light_and_dark_parts() -> None:
    film = (20 + np.tile(np.arange(128), (128, 1)) + np.indices((128, 128)).sum(0) % 16).astype(
        np.uint8
    )
    equalised = adjust_intensity(film, "clahe")
    assert (equalised.shape, equalised.dtype) == (film.shape, np.uint8)
    for part in (np.s_[40:60, 10:26], np.s_[40:60, 100:116]):
        assert equalised[part].std() > 1.3 * film[part].std()


@pytest.mark.parametrize("intensity", ["none", "percentile", "clahe"])
@pytest.mark.parametrize("shape", [(32, 32), (1, 32), (32, 3)])
def test_an_image_of_one_grey_level_is_not_changed(intensity: str, shape: tuple[int, int]) -> None:
    image = np.full(shape, 77, dtype=np.uint8)
    assert np.array_equal(adjust_intensity(image, intensity), image)  # type: ignore[arg-type]


@pytest.mark.parametrize("intensity", ["percentile", "clahe"])
@pytest.mark.parametrize("shape", [(3, 64), (64, 5), (1, 16)])
def test_thin_images_keep_their_shape(intensity: str, shape: tuple[int, int]) -> None:
    image = FILM[: shape[0], : shape[1]]
    assert adjust_intensity(image, intensity).shape == image.shape  # type: ignore[arg-type]


def test_percentile_does_not_change_an_image_of_almost_one_level() -> None:
    image = np.full((32, 32), 77, dtype=np.uint8)
    image[0, :3] = 200  # 0.3 %: both percentiles are 77
    assert np.array_equal(adjust_intensity(image, "percentile"), image)


def test_16_bits_become_8_at_the_end() -> None:
    wide = FILM.astype(np.uint16) * 257
    assert np.array_equal(adjust_intensity(wide, "none"), FILM)
    for intensity in ("percentile", "clahe"):
        by_8_bits = adjust_intensity(FILM, intensity).astype(int)  # type: ignore[arg-type]
        by_16_bits = adjust_intensity(wide, intensity)  # type: ignore[arg-type]
        assert by_16_bits.dtype == np.uint8
        assert np.abs(by_16_bits - by_8_bits).max() <= 1


def test_percentile_uses_levels_that_8_bits_do_not_have() -> None:
    wide = np.arange(1000, 2000, dtype=np.uint16).reshape(20, 50)  # 4 levels of 8 bits
    assert len(np.unique(adjust_intensity(wide, "percentile"))) > 200
    assert len(np.unique(adjust_intensity(wide, "clahe"))) > 100


def test_16_bits_of_one_level_become_one_level() -> None:
    for intensity in ("none", "percentile", "clahe"):
        flat = adjust_intensity(np.full((8, 8), 257 * 77, np.uint16), intensity)  # type: ignore[arg-type]
        assert (flat.dtype, flat.min(), flat.max()) == (np.uint8, 77, 77)
