import numpy as np
from scipy.special import expit, logsumexp, softmax

from tasks.core.decision.log_odds import class_log_odds, class_softmax, logistic_curve

NUMBERS = np.random.default_rng(4).normal(0, 30, (400, 5))
EXTREME = np.array([[0.0, -1e4, 1e4, 5e-324, -0.0]])


def test_logistic_curve_is_that_of_scipy():
    for numbers in (NUMBERS, EXTREME):
        np.testing.assert_allclose(logistic_curve(numbers), expit(numbers), rtol=1e-14)
    assert np.isnan(logistic_curve(np.array([np.nan]))).all()


def test_softmax_is_that_of_scipy_for_float32_and_float64():
    for numbers in (NUMBERS, NUMBERS.astype(np.float32), EXTREME):
        found = class_softmax(numbers)
        expected = softmax(numbers.astype(np.float64), axis=1)
        np.testing.assert_allclose(found, expected, rtol=1e-14)
        assert found.dtype == np.float64


def test_log_odds_are_those_of_scipy():
    rest = [logsumexp(np.delete(NUMBERS, one, axis=1), axis=1) for one in range(5)]
    np.testing.assert_allclose(class_log_odds(NUMBERS), NUMBERS - np.stack(rest, 1), rtol=1e-12)


def test_log_odds_are_those_of_the_softmax():
    prob = class_softmax(NUMBERS / 20)
    np.testing.assert_allclose(class_log_odds(NUMBERS / 20), np.log(prob / (1 - prob)), atol=1e-9)


def test_log_odds_of_a_sure_film_are_finite():
    np.testing.assert_array_equal(class_log_odds(np.array([[900.0, -900.0]])), [[1800.0, -1800.0]])
