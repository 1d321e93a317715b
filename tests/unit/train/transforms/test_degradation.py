"""Blur, noise and compression, compared with hand calculations and with Pillow's encoder."""

import io

import keras
import numpy as np
import pytest
from PIL import Image

from tasks.train.transforms.degradation import add_noise, blur_films, compress, cosine_transform


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)[:, None]


def smooth_film(side_px: int, seed: int = 0) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 5), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((side_px, side_px), Image.Resampling.BICUBIC))


def test_blur_of_a_point_is_a_gaussian_of_the_given_width():
    point = np.zeros((2, 41, 41, 1), dtype=np.float32)
    point[:, 20, 20] = 1.0
    blurred = np.asarray(blur_films(point, column(0.0, 2 / 41)))  # 2 px
    np.testing.assert_allclose(blurred[0], point[0], atol=1e-6)
    across = blurred[1].sum(axis=(0, 2))
    place = np.arange(41) - 20
    assert across.sum() == pytest.approx(1.0, abs=1e-5)
    assert np.sqrt((across * place**2).sum()) == pytest.approx(2.0, abs=0.01)
    # 1 / (2 pi sigma squared) at the middle
    assert blurred[1, 20, 20, 0] == pytest.approx(1 / (2 * np.pi * 4), rel=0.01)


def test_blur_keeps_a_uniform_film_uniform_up_to_its_edges():
    even = np.full((1, 20, 20, 1), 0.7, dtype=np.float32)
    np.testing.assert_allclose(blur_films(even, column(0.2)), 0.7, atol=1e-6)


def test_noise_has_the_given_deviation_for_each_film():
    grey = np.full((3, 64, 64, 1), 0.5, dtype=np.float32)
    noisy = np.asarray(add_noise(grey, column(0.0, 0.02, 0.1), keras.random.SeedGenerator(0)))
    deviations = (noisy - grey).std(axis=(1, 2, 3))
    np.testing.assert_allclose(deviations, [0.0, 0.02, 0.1], rtol=0.05)
    np.testing.assert_allclose(noisy.mean(axis=(1, 2, 3)), 0.5, atol=0.01)


def test_cosines_are_orthonormal_and_the_first_is_constant():
    cosines = cosine_transform()
    np.testing.assert_allclose(cosines @ cosines.T, np.eye(64), atol=1e-6)
    np.testing.assert_allclose(cosines[0], 1 / 8, atol=1e-7)


@pytest.mark.parametrize("quality", [10, 30, 49, 50, 75, 95])
@pytest.mark.parametrize("side_px", [64, 48])
def test_compression_matches_a_real_encoder(quality, side_px):
    film = smooth_film(side_px)
    encoded = io.BytesIO()
    Image.fromarray(film).save(encoded, "JPEG", quality=quality)
    expected = np.asarray(Image.open(encoded)).astype(np.float32)
    films = film[None, ..., None].astype(np.float32) / 255
    found = np.asarray(compress(films, column(quality)))[0, ..., 0] * 255
    assert np.abs(found - expected).mean() < 0.5  # the encoder rounds to integers
    if quality <= 50:
        lost = np.abs(expected - film).mean()
        assert lost > 0.5  # otherwise the assertion above shows nothing
        assert np.abs(found - expected).mean() < 0.5 * lost


def test_each_film_of_a_batch_has_its_own_quality():
    films = np.repeat(smooth_film(24)[None, ..., None].astype(np.float32) / 255, 3, axis=0)
    fine, middling, coarse = np.abs(np.asarray(compress(films, column(100, 30, 5))) - films)
    assert fine.max() < 2 / 255
    assert fine.mean() < middling.mean() < coarse.mean()


def test_a_side_that_is_not_a_multiple_of_eight_keeps_its_size():
    films = smooth_film(21)[None, ..., None].astype(np.float32) / 255
    found = np.asarray(compress(films, column(90)))
    assert found.shape == (1, 21, 21, 1)
    assert np.abs(found - films).mean() < 0.05
