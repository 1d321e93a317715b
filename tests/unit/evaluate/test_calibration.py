import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from scipy.stats import rankdata

from tasks.evaluate.calibration import fit_temperature


def calibrated_logits(n: int, n_classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and classes that are drawn from their softmax."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, n_classes))
    draws = rng.random((n, 1))
    truth = (softmax(logits, axis=1).cumsum(axis=1) < draws).sum(axis=1)
    return logits, truth


@pytest.mark.parametrize("factor", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_temperature_recovers_a_known_factor(factor, n_classes):
    logits, truth = calibrated_logits(20_000, n_classes, seed=1)
    assert fit_temperature(factor * logits, truth) == pytest.approx(factor, rel=0.05)


def test_temperature_scales_exactly_with_the_logits():
    logits, truth = calibrated_logits(300, 2, seed=2)
    once = fit_temperature(logits, truth)
    assert fit_temperature(2 * logits, truth) == pytest.approx(2 * once, rel=1e-4)


def test_no_other_temperature_has_a_lower_log_loss():
    logits, truth = calibrated_logits(200, 2, seed=3)

    def log_loss(temperature: float) -> float:
        return -log_softmax(logits / temperature, axis=1)[np.arange(200), truth].mean()

    best = log_loss(fit_temperature(logits, truth))
    assert all(best <= log_loss(other) + 1e-9 for other in np.geomspace(0.05, 20, 400))


def test_ranking_of_two_classes_does_not_change():
    logits, truth = calibrated_logits(500, 2, seed=4)
    scaled = softmax(logits / fit_temperature(5 * logits, truth), axis=1)[:, 1]
    np.testing.assert_array_equal(rankdata(scaled), rankdata(softmax(logits, axis=1)[:, 1]))


def test_separable_films_give_the_end_of_the_range():
    logits = np.array([[3.0, -3.0], [-2.0, 2.0]])
    right = fit_temperature(logits, np.array([0, 1]))
    wrong = fit_temperature(logits, np.array([1, 0]))
    assert 0.04 < right < 0.3
    assert 15 < wrong < 21
