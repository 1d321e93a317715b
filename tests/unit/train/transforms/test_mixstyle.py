"""Mean and deviation of features are mixed by the drawn share; no gradient passes through them."""

import keras
import numpy as np
import pytest
from scipy import stats

from tasks.train.transforms.mixstyle import MixStyle, draw_shares, mix_styles

# means 2 and 20, deviations 1 and 10
PAIR = np.array([[[1.0], [3.0]], [[10.0], [30.0]]], dtype=np.float32)[:, None]
PARTNERS = np.array([1, 0], dtype=np.int32)
SHARES = np.array([0.25, 1.0], dtype=np.float32)[:, None, None, None]


def test_statistics_match_a_calculation_by_hand():
    found = np.asarray(mix_styles(PAIR, PARTNERS, SHARES))[:, 0, :, 0]
    # mean 0.25 * 2 + 0.75 * 20 = 15.5, deviation 0.25 * 1 + 0.75 * 10 = 7.75
    np.testing.assert_allclose(found[0], [15.5 - 7.75, 15.5 + 7.75], rtol=1e-5)
    np.testing.assert_allclose(found[1], [10, 30], rtol=1e-5)


def test_each_channel_has_its_own_statistics():
    both = np.concatenate([PAIR, -2.0 * PAIR[::-1]], axis=-1)
    found = np.asarray(mix_styles(both, PARTNERS, SHARES))
    # channel 2: means -40 and -4, so 0.25 * -40 + 0.75 * -4 = -13; deviations 20 and 2: 6.5
    np.testing.assert_allclose(found[0, 0, :, 1], [-13 + 6.5, -13 - 6.5], rtol=1e-5)
    np.testing.assert_allclose(found[0, 0, :, 0], [7.75, 23.25], rtol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="uses TensorFlow's gradients")
def test_the_gradient_sees_the_statistics_as_constants():
    import tensorflow as tf

    features = tf.Variable(PAIR)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(mix_styles(features, PARTNERS, SHARES))
    # 7.75 / 1 and 1; the sum itself is that of the mixed means, whose gradient would be 0.25
    gradient = np.asarray(tape.gradient(total, features))[:, 0, :, 0]
    np.testing.assert_allclose(gradient, [[7.75, 7.75], [1, 1]], rtol=1e-5)


def test_half_of_the_films_are_mixed_and_none_at_prediction():
    features = np.random.default_rng(0).normal(size=(300, 2, 2, 3)).astype(np.float32)
    layer = MixStyle(4.0, 0)
    mixed = np.asarray(layer(features, training=True))
    changed = np.abs(mixed - features).max(axis=(1, 2, 3)) > 1e-3
    assert 0.42 < changed.mean() < 0.58
    assert np.abs(np.asarray(layer(features, training=True)) - mixed).max() > 0.1
    np.testing.assert_array_equal(layer(features, training=False), features)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 2.0])
def test_shares_follow_the_beta_distribution(alpha):
    shares = np.asarray(draw_shares(2000, alpha, keras.random.SeedGenerator(0)))
    assert shares.dtype == np.float32
    limits = np.array([0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999])
    below = (shares[:, None] < limits).mean(axis=0)
    np.testing.assert_allclose(below, stats.beta.cdf(limits, alpha, alpha), atol=0.04)


def test_shares_are_numbers_where_both_draws_are_too_small_for_float32():
    shares = np.asarray(draw_shares(1000, 0.001, keras.random.SeedGenerator(0)))
    assert ((shares >= 0) & (shares <= 1)).all()


def test_half_precision_is_mixed_in_float32():
    small = (PAIR / 1000).astype(np.float16)  # its variance of 1e-6 is 0 within 6 % in float16
    layer = MixStyle(0.1, 0)
    assert layer.compute_dtype == "float32"
    assert keras.backend.standardize_dtype(layer(small, training=True).dtype) == "float32"
