"""The variance of the Laplacian, checked by hand and against NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from tasks.core.film.sharpness import laplacian_variance


def test_the_laplacian_of_one_bright_pixel_by_hand() -> None:
    pixels = np.zeros((5, 5), dtype=np.int64)
    pixels[2, 2] = 10
    # -40 once, +10 four times, 0 four times: the mean is 0, (1600 + 4 * 100) / 9
    assert laplacian_variance(pixels) == pytest.approx(2000 / 9)


@given(arrays(np.uint8, (7, 9)))
def test_it_equals_the_variance_of_the_plain_formula(pixels: np.ndarray) -> None:
    grey = pixels.astype(np.int64)
    laplacian = [
        grey[y - 1, x] + grey[y + 1, x] + grey[y, x - 1] + grey[y, x + 1] - 4 * grey[y, x]
        for y in range(1, 6)
        for x in range(1, 8)
    ]
    assert laplacian_variance(pixels) == pytest.approx(float(np.var(laplacian)))
    assert laplacian_variance(grey) == laplacian_variance(pixels)


@pytest.mark.parametrize("shape", [(1, 9), (2, 9), (9, 2)])
def test_a_picture_without_inner_pixels_has_sharpness_0(shape: tuple[int, int]) -> None:
    assert laplacian_variance(np.full(shape, 200, dtype=np.uint8)) == 0
