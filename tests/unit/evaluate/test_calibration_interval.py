import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.calibration_interval import ece_interval, rank_bins
from tasks.evaluate.metric_intervals import with_interval
from tasks.evaluate.metrics import Scored, calibration_error


def draw(n_patients: int, overconfidence: float, rng) -> tuple[np.ndarray, np.ndarray]:
    """Two films of each patient, whose stated log-odds are too large by a factor."""
    odds = np.repeat(rng.normal(0, 1.6, n_patients), 2) + rng.normal(0, 1.2, 2 * n_patients)
    return expit(overconfidence * odds), rng.random(2 * n_patients) < expit(odds)


def error_of(prob: np.ndarray, occurred: np.ndarray) -> float:
    return calibration_error(Scored(occurred, occurred, prob), np.ones((1, len(prob))))[0]


def pairs(n_patients: int) -> pd.Series:
    return pd.Series(np.repeat([f"p{number:04d}" for number in range(n_patients)], 2))


@pytest.mark.parametrize("overconfidence", [1.0, 2.0])
def test_interval_holds_the_truth_in_most_studies(overconfidence):
    rng = np.random.default_rng(1)
    truth = error_of(*draw(100_000, overconfidence, rng))
    held = 0
    for _ in range(100):
        prob, occurred = draw(100, overconfidence, rng)
        low, high = ece_interval(prob, occurred, resample_patients(pairs(100), 200, seed=0))
        held += low <= truth <= high
    assert held >= 88  # 95 % of 100 studies, less three standard errors of 2.2


def test_interval_of_a_calibrated_model_begins_at_zero_and_that_of_another_does_not():
    rng = np.random.default_rng(2)
    resamples = resample_patients(pairs(400), 200, seed=0)
    prob, occurred = draw(400, 1.0, rng)
    low, high = ece_interval(prob, occurred, resamples)
    assert low == 0
    assert error_of(prob, occurred) <= high < 0.1
    prob, occurred = draw(400, 3.0, rng)
    low, high = ece_interval(prob, occurred, resamples)
    assert 0.05 < low < error_of(prob, occurred) < high


def test_a_perfect_model_has_an_interval_without_width():
    prob, resamples = np.repeat([0.0, 1.0], 4), resample_patients(pairs(4), 100, seed=0)
    assert ece_interval(prob, prob == 1, resamples) == (0.0, 0.0)


def test_bins_by_hand():
    prob = np.array([0.3, 0.1, 0.2, 0.3, 0.3])  # ranks 2, 0, 1, 2, 2 of 5: five bins
    assert rank_bins(prob).tolist() == [2, 0, 1, 2, 2]
    assert rank_bins(np.arange(100) / 100).tolist() == np.repeat(range(10), 10).tolist()
    assert rank_bins(np.empty(0)).tolist() == []


def test_one_number_has_one_interval_wherever_it_is_shown():
    prob, occurred = draw(100, 2.0, np.random.default_rng(3))
    patients = pairs(100)
    resamples = resample_patients(patients, 200, seed=0)
    scored = Scored(occurred, prob >= 0.5, prob)
    found = with_interval("calibration_error", scored, patients, resamples)
    low, high = ece_interval(prob, occurred, resamples)
    assert found == {"value": pytest.approx(error_of(prob, occurred)), "low": low, "high": high}
