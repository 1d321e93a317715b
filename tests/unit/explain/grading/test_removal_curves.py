import numpy as np
import pytest

from tasks.explain.grading.removal_curves import removal_curves


@pytest.fixture
def corner(build_linear, explain):
    """A network that looks at the upper left quarter only, and bright films on a dark average."""
    weights = np.zeros((2, 16, 16))
    weights[1, :8, :8] = 0.1
    images = np.full((3, 16, 16, 1), 200, dtype=np.uint8)
    return explain(build_linear(weights), average_grey=0).scored, images


def test_the_place_that_counts_is_told_from_the_rest(corner):
    scored, images = corner
    right = np.zeros((3, 2, 2))
    right[:, 0, 0] = 1
    maps = {"right": right, "wrong": -right, "even": 0 * right}
    found, random = removal_curves(scored, images, np.ones(3, dtype=np.int64), maps, seed=0)
    assert (found["right"].deletion < random).all()
    assert (random < found["wrong"].deletion).all()
    assert (found["right"].insertion > found["wrong"].insertion).all()
    np.testing.assert_array_equal(found["even"].deletion, random)


def test_the_area_by_hand(corner):
    scored, images = corner
    hot = np.zeros((3, 8, 8))
    hot[:, :4, :4] = 1
    found, _ = removal_curves(scored, images, np.ones(3, dtype=np.int64), {"hot": hot}, seed=0)
    # logit 1 is 1 (bias) + 0.1 * 200 / 255 for each of 64 pixels shown; 4 of 16 cells count
    shown = np.array([1, 12 / 16, 8 / 16, 0, 0, 0])
    curve = 1 / (1 + np.exp(-(1 + 6.4 * 200 / 255 * shown)))
    area = np.trapezoid(curve, [0, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1])
    np.testing.assert_allclose(found["hot"].deletion, area, rtol=1e-5)
    shown = np.array([0, 4 / 16, 8 / 16, 1, 1, 1])
    curve = 1 / (1 + np.exp(-(1 + 6.4 * 200 / 255 * shown)))
    area = np.trapezoid(curve, [0, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1])
    np.testing.assert_allclose(found["hot"].insertion, area, rtol=1e-5)
