"""The loss against numbers worked by hand."""

import keras
import numpy as np
import pytest

from tasks.train.pretraining.barlow_twins import (
    barlow_twins_loss,
    cross_correlation,
    view_agreement,
)

# Four films. Two components of the first view: mean 0, variance 1, not correlated
FIRST = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=np.float32)
# The second view: the first component again; (3, 1, -1, -3) with variance 20 / 4 = 5
SECOND = np.array([[1, 3], [1, 1], [-1, -1], [-1, -3]], dtype=np.float32)
# C_11 = 4 / 4; C_12 = (3 + 1 + 1 + 3) / (4 sqrt 5); C_21 = 0; C_22 = (3 - 1 - 1 + 3) / (4 sqrt 5)
CORRELATION = np.array([[1, 2 / 5**0.5], [0, 1 / 5**0.5]])


def views(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Embeddings (B, 2, D) of two views."""
    return np.stack([first, second], axis=1)


def test_cross_correlation_is_that_worked_by_hand():
    found = cross_correlation(views(FIRST, SECOND))
    np.testing.assert_allclose(found, CORRELATION, atol=1e-5)


def test_the_mean_and_the_scale_of_a_component_do_not_matter():
    moved = views(3 * FIRST + 10, SECOND * np.float32([7, 0.5]) - 4)
    np.testing.assert_allclose(cross_correlation(moved), CORRELATION, atol=1e-4)


def test_loss_is_that_worked_by_hand():
    # (1 - 1)^2 + (1 - 1 / sqrt 5)^2, and half of C_12^2 + C_21^2 = 4 / 5 + 0
    expected = (1 - 1 / 5**0.5) ** 2 + 0.4
    assert float(barlow_twins_loss(views(FIRST, SECOND))) == pytest.approx(expected, abs=1e-5)


def test_equal_views_have_no_invariance_term():
    assert float(barlow_twins_loss(views(FIRST, FIRST))) == pytest.approx(0, abs=1e-6)
    # C_12 = C_21 = 2 / sqrt 5 remain: half of 4 / 5 + 4 / 5
    assert float(barlow_twins_loss(views(SECOND, SECOND))) == pytest.approx(0.8, abs=1e-4)


def test_agreement_is_the_mean_of_the_diagonal():
    found = float(view_agreement(np.zeros((4, 1)), views(FIRST, SECOND)))
    assert found == pytest.approx((1 + 1 / 5**0.5) / 2, abs=1e-5)


def test_a_constant_component_has_correlation_0_and_a_finite_gradient():
    import tensorflow as tf

    dead = keras.Variable(views(FIRST, FIRST) * np.float32([1, 0]))
    with tf.GradientTape() as tape:
        loss = barlow_twins_loss(dead.value)
    assert float(loss) == pytest.approx(1, abs=1e-5)
    assert np.isfinite(tape.gradient(loss, dead.value)).all()
