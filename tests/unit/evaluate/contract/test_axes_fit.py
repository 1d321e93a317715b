import numpy as np

from tasks.evaluate.contract.axes_fit import fit_axes


def test_distance_is_that_of_the_inverse_covariance():
    # With as many axes as dimensions it is the Mahalanobis distance of any textbook
    rng = np.random.default_rng(3)
    points = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6))
    centred = points - points.mean(axis=0)
    inverse = np.linalg.inv(np.cov(points, rowvar=False))
    expected = np.einsum("ni,ij,nj->n", centred, inverse, centred)
    axes = fit_axes(points)
    np.testing.assert_allclose(np.exp(axes.distance(points)), expected, rtol=1e-8)
    assert np.exp(axes.residue(points)).max() < 1e-9  # nothing lies beside them


def test_there_are_32_axes_at_most_and_none_without_variance():
    rng = np.random.default_rng(4)
    assert fit_axes(rng.normal(size=(100, 50))).axes.shape == (32, 50)
    flat = rng.normal(size=(30, 3)) * [2.0, 0.0, 1.0]
    axes = fit_axes(flat)
    assert axes.axes.shape == (2, 3)
    np.testing.assert_allclose(axes.axes[:, 1], 0, atol=1e-12)
