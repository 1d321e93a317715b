import numpy as np

from tasks.explain.attribution import integrated_gradients as module
from tasks.explain.attribution.class_scores import class_scores
from tasks.explain.attribution.integrated_gradients import integrated_gradients

RNG = np.random.default_rng(1)
FILMS = RNG.integers(0, 256, (2, 16, 16, 1), dtype=np.uint8)


def difference_of_scores(explained, films):
    average = np.broadcast_to(explained.average_film, films.shape)
    scores = [class_scores(explained.scored.logits(images)) for images in (films, average)]
    return scores[0] - scores[1]


def test_linear_network_gives_weight_times_difference(build_linear, explain, monkeypatch):
    monkeypatch.setattr(module, "BLUR", 0.0)
    weights = RNG.normal(size=(3, 16, 16))
    classes = np.array([[2, 0, 1], [1, 2, 0]])

    heat = integrated_gradients(explain(build_linear(weights)).scored, FILMS, classes, seed=0)

    assert (heat.dtype, heat.shape) == (np.float32, (2, 3, 16, 16))
    contrasts = 1.5 * weights - 0.5 * weights.sum(axis=0)
    difference = (FILMS[..., 0] - 90.0) / 255
    for film, column in np.ndindex(2, 3):
        expected = contrasts[classes[film, column]] * difference[film]
        np.testing.assert_allclose(heat[film, column], expected, atol=1e-5)


def test_values_of_a_linear_network_sum_to_the_difference_of_the_score(build_linear, explain):
    explained = explain(build_linear(RNG.normal(size=(3, 16, 16))))

    heat = integrated_gradients(explained.scored, FILMS, np.array([[2, 0], [0, 2]]), seed=0)

    expected = difference_of_scores(explained, FILMS)
    np.testing.assert_allclose(
        heat.sum(axis=(2, 3)), [expected[0, [2, 0]], expected[1, [0, 2]]], atol=1e-4
    )


def test_values_of_a_deep_network_sum_nearly_to_the_difference(build_vgg, explain, monkeypatch):
    monkeypatch.setattr(module, "NOISE", 0.0)
    monkeypatch.setattr(module, "N_PATH_STEPS", 200)
    explained = explain(build_vgg())

    heat = integrated_gradients(explained.scored, FILMS, np.array([[1], [1]]), seed=0)

    expected = difference_of_scores(explained, FILMS)[:, 1]
    np.testing.assert_allclose(heat.sum(axis=(1, 2, 3)), expected, rtol=0.02)


def test_map_of_the_last_class_is_that_of_its_own_gradient(build_vgg, explain):
    scored = explain(build_vgg()).scored

    both = integrated_gradients(scored, FILMS, np.array([[1, 0], [1, 0]]), seed=0)
    own = integrated_gradients(scored, FILMS, np.array([[0], [0]]), seed=0)

    np.testing.assert_allclose(both[:, 1:], own, atol=1e-6)


def test_equal_seeds_give_equal_maps_and_others_do_not(build_vgg, explain):
    scored = explain(build_vgg()).scored
    classes = np.array([[1], [1]])

    first, again, other = (integrated_gradients(scored, FILMS, classes, seed) for seed in (0, 0, 1))

    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4


def test_film_has_the_same_map_alone_and_in_a_batch(build_vgg, explain):
    scored = explain(build_vgg()).scored

    together = integrated_gradients(scored, FILMS, np.array([[1], [0]]), seed=0)
    alone = integrated_gradients(scored, FILMS[1:], np.array([[0]]), seed=0)

    np.testing.assert_allclose(together[1:], alone, atol=1e-5 * np.abs(together).max())


def test_map_is_blurred_and_keeps_its_sum(build_linear, explain):
    weights = np.zeros((2, 32, 32))
    weights[1, 16, 16] = 1
    film = np.full((1, 32, 32, 1), 255 - 90, dtype=np.uint8)

    heat = integrated_gradients(explain(build_linear(weights)).scored, film, np.array([[1]]), 0)

    spread = heat[0, 0, 16, 16:20] / heat[0, 0, 16, 16]
    np.testing.assert_allclose(spread, np.exp(-(np.arange(4) ** 2) / 2 / 1.25**2), rtol=1e-3)
    np.testing.assert_allclose(heat.sum(), (255 - 180) / 255, rtol=1e-3)
