import numpy as np
import pytest

from tasks.explain.attribution.grad_cam import grad_cam, grad_cam_plus_plus, hires_cam
from tasks.train.network.ensemble import average_logits

FILM = np.array([[0, 1], [2, 3]], dtype=np.uint8)[np.newaxis, ..., np.newaxis]
BOTH = np.array([[1, 0]])
# A0 = [[0, 2], [4, 6]], A1 = [[2, 1], [0, 0]]; the score of class 1 is logit 1 - logit 0, so its
# gradient is (3 + 1) / 4 = 1 for A0 and (-8 + 1) / 4 = -7/4 for A1, at each of 4 pixels
BY_HAND = np.array([[-3.5, 0.25], [4.0, 6.0]], dtype=np.float32)


def heat_of(explained, films=FILM, classes=BOTH, method=hires_cam):
    return method(explained.scored, films, classes)


@pytest.mark.parametrize("method", [hires_cam, grad_cam])
def test_map_of_a_pooling_network_equals_the_one_worked_by_hand(build_by_hand, explain, method):
    heat = heat_of(explain(build_by_hand()), method=method)

    assert (heat.dtype, heat.shape) == (np.float32, (1, 2, 2, 2))
    np.testing.assert_allclose(heat[0], [BY_HAND, -BY_HAND], rtol=1e-6)


def test_map_of_averaged_networks_uses_the_channels_of_all(build_by_hand, explain):
    second = build_by_hand()
    dense = second.get_layer("logits")
    dense.set_weights([2.0 * weight for weight in dense.get_weights()])

    heat = heat_of(explain(average_logits([build_by_hand(), second])))

    np.testing.assert_allclose(heat[0, 0], 1.5 * BY_HAND, rtol=1e-6)


def test_each_film_is_explained_for_its_own_classes(build_by_hand, explain):
    films = np.concatenate([FILM, FILM])

    heat = heat_of(explain(build_by_hand()), films, np.array([[0], [1]]))

    np.testing.assert_allclose(heat[:, 0], [-BY_HAND, BY_HAND], rtol=1e-6)


def test_values_sum_to_the_score_without_the_bias_behind_linear_layers(build_corner, explain):
    explained = explain(build_corner())
    films = np.random.default_rng(0).integers(0, 256, (2, 24, 24, 1), dtype=np.uint8)

    heat = heat_of(explained, films, np.array([[1], [1]]))

    logits = explained.scored.logits(films)
    np.testing.assert_allclose(heat.sum(axis=(1, 2, 3)), logits[:, 1] - logits[:, 0], rtol=1e-5)


def test_hires_cam_of_a_place_that_the_dense_layer_does_not_read_is_zero(build_corner, explain):
    films = np.full((1, 24, 24, 1), 100, dtype=np.uint8)

    heat = heat_of(explain(build_corner()), films, np.array([[1]]))[0, 0]

    assert heat[12:, 12:].min() > 0
    heat[12:, 12:] = 0
    assert not heat.any()


def test_grad_cam_takes_the_mean_of_the_gradient_over_all_places(build_corner, explain):
    film = np.full((1, 24, 24, 1), 51, dtype=np.uint8)
    film[0, 0, 0] = 255

    heat = heat_of(explain(build_corner()), film, np.array([[1]]), grad_cam)[0, 0]

    # a quarter of the places has the gradient 0.1; the activation is grey / 255
    expected = np.full((24, 24), 0.025 * 0.2)
    expected[0, 0] = 0.025  # the network does not look at this corner
    np.testing.assert_allclose(heat, expected, rtol=1e-5)


def test_grad_cam_plus_plus_equals_the_one_worked_by_hand(build_by_hand, explain):
    heat = heat_of(explain(build_by_hand()), method=grad_cam_plus_plus)

    # gradients at each place: 1 (A0, sum 12) and -7/4 (A1) for class 1, minus these for class 0
    # class 1: w0 = 4 / (2 + 12), w1 = 0;  class 0: w0 = 0, w1 = 4 * 7/4 / (2 + 7/4 * 3)
    a0, a1 = np.array([[0, 2], [4, 6]]), np.array([[2, 1], [0, 0]])
    np.testing.assert_allclose(heat[0], [a0 * 4 / 14, a1 * 7 / 7.25], rtol=1e-6)


@pytest.mark.parametrize("method", [hires_cam, grad_cam, grad_cam_plus_plus])
def test_maps_without_any_activation_are_zero(build_corner, explain, method):
    films = np.zeros((1, 24, 24, 1), dtype=np.uint8)

    assert not heat_of(explain(build_corner()), films, np.array([[1, 0]]), method).any()


def test_film_has_the_same_map_alone_and_in_a_batch(build_vgg, explain):
    explained = explain(build_vgg())
    films = np.random.default_rng(0).integers(0, 256, (35, 16, 16, 1), dtype=np.uint8)
    classes = np.tile([[1, 0]], (35, 1))

    together = heat_of(explained, films, classes)
    alone = [heat_of(explained, films[i : i + 1], classes[:1])[0] for i in (0, 31, 32, 34)]

    assert together.max() > 0
    np.testing.assert_allclose(together[[0, 31, 32, 34]], alone, atol=1e-5 * together.max())


def test_saturated_probability_does_not_change_the_map(build_by_hand, explain):
    model = build_by_hand(logit_bias=1000.0)
    assert float(model(FILM)[0, 1]) == 1.0

    np.testing.assert_allclose(heat_of(explain(model))[0, 0], BY_HAND, rtol=1e-6)


def test_frozen_layers_do_not_change_the_map(build_by_hand, explain):
    model = build_by_hand()
    model.trainable = False

    np.testing.assert_allclose(heat_of(explain(model))[0, 0], BY_HAND, rtol=1e-6)
    assert not model.trainable
