"""Trivial statistics of a film equal calculations by hand."""

import math

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.pixel_statistics import BORDER_PX, SIDE_PX, noise_level, pixel_statistics
from tests.films import film_pixels


def statistics(pixels: np.ndarray) -> dict[str, float]:
    return pixel_statistics(Image.fromarray(pixels.astype(np.uint8)))


def test_a_constant_film_has_a_mean_only() -> None:
    assert statistics(np.full((300, 400), 90)) == {
        "mean": 90, "contrast": 0, "sharpness": 0, "noise": 0, "border": 90, "black_share": 0,
    }  # fmt: skip


def test_a_black_and_a_grey_half() -> None:
    film = np.zeros((SIDE_PX, SIDE_PX))
    film[:, SIDE_PX // 2 :] = 200
    seen = statistics(film)
    assert (seen["mean"], seen["contrast"], seen["black_share"]) == (100, 100, 0.5)
    assert seen["border"] == 100
    # the Laplacian is +200 left of the edge and -200 right of it, in 2 of 222 columns
    assert seen["sharpness"] == pytest.approx(2 / 222 * 200**2)
    assert seen["noise"] == 0  # a straight edge cancels out


def test_the_noise_of_one_bright_pixel() -> None:
    pixels = np.zeros((5, 5), dtype=np.int64)
    pixels[2, 2] = 10
    # |N| sums to 16: 160 over 9 places, times sqrt(pi / 2) / 6
    assert noise_level(pixels) == pytest.approx(math.sqrt(math.pi / 2) / 6 * 160 / 9)


@pytest.mark.parametrize("sigma", [2, 5, 12])
def test_the_estimate_equals_the_level_of_gaussian_noise(sigma: float) -> None:
    rng = np.random.default_rng(0)
    slope = np.add.outer(np.arange(SIDE_PX), np.arange(SIDE_PX)) * 0.2 + 80
    noisy = np.rint(slope + rng.normal(0, sigma, slope.shape))
    assert statistics(noisy)["noise"] == pytest.approx(sigma, rel=0.03)


def test_the_border_is_the_outermost_twentieth() -> None:
    film = np.full((SIDE_PX, SIDE_PX), 250)
    film[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX] = 0
    assert statistics(film)["border"] == 250
    assert pytest.approx(0.05, abs=0.001) == BORDER_PX / SIDE_PX


def test_black_ends_at_grey_level_2() -> None:
    film = np.repeat([0, 1, 2, 3], SIDE_PX // 4)[:, None] * np.ones((1, SIDE_PX))
    assert statistics(film)["black_share"] == 0.75


def test_size_and_aspect_ratio_change_the_statistics_little() -> None:
    large = Image.fromarray(film_pixels(3, 1400, 900)).resize((1400, 900))
    small = large.resize((700, 450), Image.Resampling.BOX)
    one, other = pixel_statistics(large), pixel_statistics(small)
    for name in ("mean", "contrast", "border"):
        assert one[name] == pytest.approx(other[name], rel=0.01), name


def test_a_blurred_film_is_less_sharp_and_less_noisy() -> None:
    sharp = Image.fromarray(film_pixels(3, SIDE_PX, SIDE_PX))
    soft = sharp.resize((112, 112)).resize((SIDE_PX, SIDE_PX))
    for name in ("sharpness", "noise"):
        assert pixel_statistics(soft)[name] < 0.5 * pixel_statistics(sharp)[name]


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (3, 2), (224, 224), (2500, 40)])
def test_a_film_of_any_size_has_finite_statistics(size: tuple[int, int]) -> None:
    figures = pixel_statistics(Image.new("L", size, 7))
    assert all(type(value) in (int, float) for value in figures.values())
    assert (figures["mean"], figures["contrast"]) == (7, 0)


def test_the_same_film_has_exactly_the_same_statistics() -> None:
    film = Image.fromarray(film_pixels(5, 611, 503))
    assert pixel_statistics(film) == pixel_statistics(film.copy())
