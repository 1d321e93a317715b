import numpy as np
import pytest
from scipy import ndimage

from tasks.explain.attribution.methods import attribute
from tasks.explain.grading.map_checks import (
    SANITY_LIMIT,
    CheckedFilms,
    MadeMaps,
    randomised_maps,
    sanity_check,
    with_noise,
)
from tasks.explain.grading.opacity_truth import is_hit


def edges(_, images, __):
    """A "method" that never asks the network: the paper's example of one that must fail."""
    return ndimage.gaussian_gradient_magnitude(images[..., 0].astype(float), (0, 1, 1))


@pytest.fixture
def hires(params):
    def make(model, images, classes):
        return attribute("hires_cam", model, images, classes[:, np.newaxis], params)[:, 0]

    return make


@pytest.fixture
def films() -> CheckedFilms:
    images = np.random.default_rng(5).integers(0, 256, (4, 24, 24, 1)).astype(np.uint8)
    return CheckedFilms(images, np.ones(4, dtype=np.int64), n_steps=2)


def test_an_edge_detector_fails_and_a_map_of_the_network_passes(
    build_corner, explain, hires, films
):
    make = {"edges": edges, "hires_cam": hires}
    model = explain(build_corner())
    before = {name: one(model, films.images, films.classes) for name, one in make.items()}
    made = randomised_maps(make, before, model, films, seed=0)
    failed, passed = (sanity_check(one) for one in made.values())
    assert failed["passed"] is False
    assert [step["similarity"] for step in failed["steps"]] == pytest.approx([1, 1])
    assert passed["passed"] is True
    assert passed["steps"][-1]["layers_randomised"] == 2
    assert passed["steps"][-1]["similarity"] < SANITY_LIMIT == passed["limit"]
    assert [len(maps) for maps in made["edges"].steps.values()] == [2, 4]


def test_the_old_map_with_its_signs_turned_around_is_no_new_map():
    maps = np.random.default_rng(1).normal(size=(2, 6, 6))
    assert sanity_check(MadeMaps(maps, {1: -maps}))["passed"] is False


def test_a_method_that_says_nothing_has_no_answer():
    made = MadeMaps(np.zeros((2, 3, 3)), {1: np.ones((2, 3, 3)), 2: np.ones((2, 3, 3))})
    found = sanity_check(made)
    assert found["passed"] is None
    assert [step["similarity"] for step in found["steps"]] == [None, None]


def test_networks_with_random_weights_hit_at_chance(build_vgg, explain, hires):
    rng = np.random.default_rng(6)
    images = rng.integers(0, 256, (200, 16, 16, 1)).astype(np.uint8)
    opacities = np.zeros((200, 16, 16), dtype=bool)
    for mask, (row, column) in zip(opacities, rng.integers(0, 9, (200, 2)), strict=True):
        mask[row : row + 8, column : column + 8] = True
    checked = CheckedFilms(images, np.ones(200, dtype=np.int64), n_steps=1)
    before = {"hires_cam": np.zeros((200, 4, 4))}
    made = randomised_maps({"hires_cam": hires}, before, explain(build_vgg()), checked, seed=2)
    last = list(made["hires_cam"].steps.values())[-1].repeat(2, axis=1).repeat(2, axis=2)
    scaled = last.repeat(16 // last.shape[1], axis=1).repeat(16 // last.shape[2], axis=2)
    hits = np.mean([is_hit(*pair) for pair in zip(scaled, opacities, strict=True)])
    assert hits == pytest.approx(0.25, abs=0.1)  # three standard errors of 200 films


def test_noise_is_small_repeats_and_stays_within_the_grey_levels(films):
    noisy = with_noise(films.images, seed=1)
    np.testing.assert_array_equal(noisy, with_noise(films.images, seed=1))
    change = noisy.astype(float) - films.images
    assert 4 < change.std() < 5.5
    assert noisy.dtype == np.uint8
