import numpy as np
import pytest

from tasks.explain.grad_cam import grad_cam, to_unit_range
from tasks.explain.truncated import truncate
from tasks.train.network.ensemble import average_logits

FILM = np.array([[0, 1], [2, 3]], dtype=np.uint8)[np.newaxis, ..., np.newaxis]
# A0 = [[0, 2], [4, 6]], A1 = [[2, 1], [0, 0]]; d logit 1 / d A_k is w_k / 4 at each of 4 pixels,
# so alpha = (3/4, -2) and 3/4 A0 - 2 A1 = [[-4, -1/2], [3, 9/2]]
BY_HAND = np.array([[0.0, 0.0], [3.0, 4.5]], dtype=np.float32)


def test_heat_map_equals_the_one_worked_by_hand(build_by_hand):
    heat_map = grad_cam(truncate(build_by_hand()), FILM, [1])

    assert heat_map.dtype == np.float32
    np.testing.assert_allclose(heat_map, BY_HAND[np.newaxis], rtol=1e-6)


def test_heat_map_of_averaged_networks_uses_the_channels_of_all(build_by_hand):
    second = build_by_hand()
    dense = second.get_layer("logits")
    dense.set_weights([2.0 * weight for weight in dense.get_weights()])

    heat_map = grad_cam(truncate(average_logits([build_by_hand(), second])), FILM, [1])

    # the mean of [[-4, -1/2], [3, 9/2]] and of its double
    np.testing.assert_allclose(heat_map[0], [[0.0, 0.0], [4.5, 6.75]], rtol=1e-6)


def test_each_film_is_explained_for_its_own_class(build_by_hand):
    films = np.concatenate([FILM, FILM])

    heat_map = grad_cam(truncate(build_by_hand()), films, [0, 1])

    np.testing.assert_array_equal(heat_map[0], np.zeros((2, 2)))  # both weights of logit 0 are -1
    np.testing.assert_allclose(heat_map[1], BY_HAND, rtol=1e-6)


def test_film_has_the_same_heat_map_alone_and_in_a_batch(build_vgg):
    truncated = truncate(build_vgg())
    films = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)

    together = grad_cam(truncated, films, [1, 1, 1])
    alone = np.concatenate([grad_cam(truncated, film[np.newaxis], [1]) for film in films])

    assert together.max() > 0
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-7)


def test_saturated_probability_does_not_change_the_heat_map(build_by_hand):
    model = build_by_hand(logit_bias=1000.0)
    assert float(model(FILM)[0, 1]) == 1.0

    np.testing.assert_allclose(grad_cam(truncate(model), FILM, [1])[0], BY_HAND, rtol=1e-6)


def test_frozen_layers_do_not_change_the_heat_map(build_by_hand):
    model = build_by_hand()
    model.trainable = False

    np.testing.assert_allclose(grad_cam(truncate(model), FILM, [1])[0], BY_HAND, rtol=1e-6)
    assert not model.trainable


def test_heat_map_of_zeros_stays_zero():
    assert to_unit_range(np.zeros((2, 3), dtype=np.float32)).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_unit_range_ends_at_one_at_any_scale(scale):
    shares = to_unit_range(np.array([[0.0, 1.0], [2.0, 4.0]], dtype=np.float32) * np.float32(scale))

    np.testing.assert_allclose(shares, [[0, 0.25], [0.5, 1]], rtol=1e-6)
