import numpy as np

from tasks.explain.attribution.occlusion import N_SQUARES, occlusion

RNG = np.random.default_rng(0)
CLASSES = np.array([[2, 0], [1, 0]])


def test_linear_network_gives_the_weight_of_each_square(build_linear, explain):
    by_square = RNG.normal(size=(3, N_SQUARES, N_SQUARES))
    weights = by_square.repeat(4, axis=1).repeat(2, axis=2)  # squares of 4 x 2 px
    films = RNG.integers(0, 256, (2, 4 * N_SQUARES, 2 * N_SQUARES, 1), dtype=np.uint8)

    heat = occlusion(explain(build_linear(weights)).scored, films, CLASSES)

    assert (heat.dtype, heat.shape) == (np.float32, (2, 2, N_SQUARES, N_SQUARES))
    excess = films[..., 0] - 90.0  # the average film
    sums = excess.reshape(2, N_SQUARES, 4, N_SQUARES, 2).sum(axis=(2, 4)) / 255
    for film, column in np.ndindex(2, 2):
        own = CLASSES[film, column]
        contrast = 1.5 * by_square[own] - 0.5 * by_square.sum(axis=0)
        np.testing.assert_allclose(heat[film, column], contrast * sums[film], atol=1e-4)


def test_squares_cover_films_whose_side_they_do_not_divide(build_linear, explain):
    films = RNG.integers(0, 256, (1, 17, 20, 1), dtype=np.uint8)
    weights = np.stack([np.zeros((17, 20)), np.full((17, 20), 0.1)])

    heat = occlusion(explain(build_linear(weights)).scored, films, np.array([[1]]))

    # every pixel lies in one square
    expected = 0.1 * (films / 255 - 90 / 255).sum()
    np.testing.assert_allclose(heat.sum(), expected, rtol=1e-3)


def test_small_film_has_a_square_for_each_pixel(build_linear, explain):
    weights = np.array([[[0, 0], [0, 0]], [[255, 0], [0, 0]]])
    film = np.array([[40, 20], [10, 10]], dtype=np.uint8)[np.newaxis, ..., np.newaxis]

    heat = occlusion(explain(build_linear(weights), 10).scored, film, np.array([[1]]))

    np.testing.assert_allclose(heat[0, 0], [[30, 0], [0, 0]], atol=1e-4)
