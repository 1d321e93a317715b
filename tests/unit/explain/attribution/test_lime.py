import numpy as np
import pytest

from tasks.explain.attribution.lime import lime
from tasks.explain.attribution.superpixels import lime_segments

RNG = np.random.default_rng(2)
LEVELS = np.array([[20, 200, 60], [160, 40, 220]], dtype=np.uint8)  # six plain blocks of a film


def film_of_blocks() -> np.ndarray:
    return LEVELS.repeat(16, axis=0).repeat(12, axis=1)[np.newaxis, ..., np.newaxis]


def test_segments_are_numbered_without_gaps_and_follow_the_blocks():
    film = film_of_blocks()

    segments = lime_segments(film)

    assert (segments.dtype, segments.shape) == (np.uint16, (1, 32, 36))
    numbers = np.unique(segments)
    np.testing.assert_array_equal(numbers, np.arange(len(numbers)))
    levels = [np.median(film[0, ..., 0][segments[0] == number]) for number in numbers]
    inside = np.abs(film[0, ..., 0] - np.array(levels)[segments[0]]) < 1
    assert inside.mean() > 0.88  # the smoothing blurs one pixel at each border


def test_film_of_one_grey_has_segments():
    assert lime_segments(np.full((1, 16, 16, 1), 80, dtype=np.uint8)).max() >= 1


def test_linear_network_gives_the_weight_of_each_superpixel(build_linear, explain):
    film = film_of_blocks()
    weights = RNG.normal(size=(3, 32, 36)) / 10
    segments = lime_segments(film)[0]
    classes = np.array([[2, 0]])

    heat = lime(explain(build_linear(weights)).scored, film, classes, 300, seed=0)

    assert (heat.dtype, heat.shape) == (np.float32, (1, 2, 32, 36))
    for column, own in enumerate(classes[0]):
        pixels = (1.5 * weights[own] - 0.5 * weights.sum(axis=0)) * (film[0, ..., 0] - 90.0) / 255
        sums = np.bincount(segments.ravel(), pixels.ravel())
        # the ridge makes them a little smaller
        np.testing.assert_allclose(heat[0, column], sums[segments], atol=0.01 * np.ptp(sums))


def test_equal_seeds_give_equal_maps_and_others_do_not(build_vgg, explain):
    scored = explain(build_vgg()).scored
    film = RNG.integers(0, 256, (1, 16, 16, 1), dtype=np.uint8)

    first, again, other = (lime(scored, film, np.array([[1]]), 60, seed) for seed in (0, 0, 1))

    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-6


@pytest.mark.parametrize("n_samples", [60, 61])
def test_film_has_the_same_map_alone_and_in_a_batch(build_vgg, explain, n_samples: int):
    scored = explain(build_vgg()).scored
    films = RNG.integers(0, 256, (2, 16, 16, 1), dtype=np.uint8)
    films[1] = 0  # with a bright bar: another number of superpixels
    films[1, 4:8] = 255

    together = lime(scored, films, np.array([[1], [1]]), n_samples, seed=0)
    alone = lime(scored, films[1:], np.array([[1]]), n_samples, seed=0)

    assert len(np.unique(lime_segments(films)[0])) != len(np.unique(lime_segments(films)[1]))
    np.testing.assert_allclose(together[1:], alone, atol=1e-5 * np.abs(together).max())
