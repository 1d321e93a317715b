"""A network that averages six views of a film: maps in place, gradients through the crops."""

import numpy as np
import pytest

from tasks.core.square_views import put_back, view_boxes
from tasks.explain.attribution.grad_cam import grad_cam, grad_cam_plus_plus, hires_cam
from tasks.explain.attribution.integrated_gradients import integrated_gradients
from tasks.explain.attribution.lime import lime
from tasks.explain.attribution.occlusion import occlusion
from tasks.train.network.ensemble import average_logits

EVERYWHERE = (slice(0, 24), slice(0, 24))
CORNER = (slice(12, 24), slice(12, 24))
ONE, BOTH = np.array([[1]]), np.array([[1, 0]])


def spot(row: int, column: int) -> np.ndarray:
    film = np.zeros((1, 24, 24, 1), dtype=np.uint8)
    film[0, row, column] = 240
    return film


@pytest.mark.parametrize("place", [(12, 12), (1, 1), (22, 3)])
def test_a_bright_spot_is_hot_at_its_place(build_corner, explain, place):
    """Without the put-back, crops would show the spot up to three pixels away."""
    explained = explain(average_logits([build_corner(EVERYWHERE)], 6))
    heat = hires_cam(explained.scored, spot(*place), ONE)[0, 0]
    assert heat.shape == (24, 24)
    assert np.unravel_index(heat.argmax(), heat.shape) == place
    row, column = place
    near = heat[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
    assert near.sum() == pytest.approx(heat.sum(), rel=1e-4)


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_the_sum_of_the_map_is_the_score_of_the_averaged_network(build_corner, explain, n_seeds):
    explained = explain(average_logits([build_corner(CORNER) for _ in range(n_seeds)], 6))
    films = np.random.default_rng(0).integers(0, 256, (3, 24, 24, 1), dtype=np.uint8)
    heat = hires_cam(explained.scored, films, np.repeat(BOTH, 3, axis=0))
    logits = explained.scored.logits(films)
    np.testing.assert_allclose(heat[:, 0].sum((1, 2)), logits[:, 1] - logits[:, 0], rtol=1e-4)
    np.testing.assert_allclose(heat[:, 1], -heat[:, 0], atol=1e-5)


@pytest.mark.parametrize("method", [hires_cam, grad_cam, grad_cam_plus_plus])
def test_the_map_is_the_mean_of_the_maps_of_the_views_at_their_places(
    build_corner, explain, method
):
    """Each view by itself is a whole film for the network of one view."""
    network = build_corner(CORNER)
    film = np.zeros((1, 24, 24, 1), dtype=np.uint8)
    film[0, 6:20, 4:22] = 200
    truncated = explain(average_logits([network], 6)).scored.truncated
    levels = truncated.network(film.astype(np.float32))[0]  # the convolution copies the pixels
    views = np.asarray(levels) * 255
    alone = method(explain(network).scored, views, np.repeat(ONE, 6, axis=0))[:, 0]
    found = method(explain(average_logits([network], 6)).scored, film, ONE)[0, 0]
    expected = put_back(alone, view_boxes(6, 24)) / 6
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_pixel_gradients_go_through_the_crops(build_linear, explain):
    """The score is linear in the pixels: one grey level more changes it by the gradient."""
    weights = np.random.default_rng(1).normal(size=(2, 24, 24))
    scored = explain(average_logits([build_linear(weights)], 6)).scored
    film = np.full((1, 24, 24, 1), 100.0, dtype=np.float32)
    (gradient,) = scored.pixel_gradients(1, lambda _: film, np.array([1]))
    places = [(0, 0), (11, 5), (23, 23)]
    brighter = np.repeat(film, 3, axis=0)
    for number, place in enumerate(places):
        brighter[number, *place] += 100.0
    logits = scored.logits(np.concatenate([film, brighter]))
    change = np.diff(logits, axis=1)[:, 0]
    np.testing.assert_allclose(
        [gradient[place] for place in places], (change[1:] - change[0]) / 100, atol=1e-4
    )


def test_methods_without_maps_see_the_averaged_network(build_corner, explain):
    scored = explain(average_logits([build_corner(CORNER)], 6)).scored
    films = np.full((1, 24, 24, 1), 200, dtype=np.uint8)
    found = (
        occlusion(scored, films, ONE),
        lime(scored, films, ONE, 64, 0),
        integrated_gradients(scored, films, ONE, 0),
    )
    for heat in found:
        half = heat.shape[-1] // 2
        assert np.abs(heat[0, 0, half:, half:]).sum() > 3 * np.abs(heat[0, 0, :half, :half]).sum()


def test_feature_maps_are_those_of_the_whole_square(build_corner, explain):
    network = build_corner(CORNER)
    explained = explain(average_logits([network], 6))
    film = spot(3, 20)
    maps, logits = explained.whole.network(film.astype(np.float32))
    expected, alone = explain(network).scored.truncated.network(film.astype(np.float32))
    np.testing.assert_allclose(maps, expected, atol=1e-6)
    np.testing.assert_allclose(logits, alone, atol=1e-5)
    assert explained.whole.layers == explained.scored.truncated.layers == ("conv",)


def test_one_view_needs_no_second_copy(build_corner, explain):
    explained = explain(build_corner())
    assert explained.whole is explained.scored.truncated
