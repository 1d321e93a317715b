"""Simulated studies: a 95 % interval holds the truth in 95 % of them, give or take 1.5 %.

Every patient has two films that resemble each other. All studies share their resamples, which
saves time and changes no expectation.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.class_view import view_classes
from tasks.evaluate.metric_intervals import with_interval
from tasks.evaluate.metrics import Scored
from tasks.evaluate.per_patient import judge_patients
from tasks.evaluate.predictive_values import predictive_values

N_PATIENTS, N_FILMS, N_STUDIES = 200, 2, 1000
PATIENTS = pd.Series(np.repeat(np.arange(N_PATIENTS), N_FILMS))
RESAMPLES = resample_patients(PATIENTS, 600, seed=0)
GAP, OF_PATIENT, OF_FILM = 1.5, 1.0, 0.7  # means apart; standard deviations of the scores
SPREAD = np.hypot(OF_PATIENT, OF_FILM)
THRESHOLD = 0.6
SENSITIVITY, SPECIFICITY = norm.cdf((GAP - THRESHOLD) / SPREAD), norm.cdf(THRESHOLD / SPREAD)


def study(rng: np.random.Generator) -> Scored:
    """Half of the patients have a finding; each has a score of its own, and so has each film."""
    of_patient = np.repeat(rng.random(N_PATIENTS) < 0.5, N_FILMS)
    score = GAP * of_patient + np.repeat(rng.normal(0, OF_PATIENT, N_PATIENTS), N_FILMS)
    score += rng.normal(0, OF_FILM, len(score))
    return Scored(of_patient, score >= THRESHOLD, norm.cdf(score))


def coverage(interval: Callable[[Scored], dict], truth: float, seed: int) -> float:
    rng = np.random.default_rng(seed)
    found = [interval(study(rng)) for _ in range(N_STUDIES)]
    return float(np.mean([one["low"] <= truth <= one["high"] for one in found]))


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("auroc", norm.cdf(GAP / SPREAD / np.sqrt(2))),
        ("sensitivity", SENSITIVITY),
        pytest.param("specificity", SPECIFICITY, marks=pytest.mark.slow),
        pytest.param("balanced_accuracy", (SENSITIVITY + SPECIFICITY) / 2, marks=pytest.mark.slow),
        pytest.param("ppv", SENSITIVITY / (SENSITIVITY + 1 - SPECIFICITY), marks=pytest.mark.slow),
    ],
)
def test_interval_by_patient_covers_the_truth(name, truth):
    def interval(scored: Scored) -> dict:
        return with_interval(name, scored, PATIENTS, RESAMPLES)

    assert coverage(interval, truth, seed=1) == pytest.approx(0.95, abs=0.015)


def test_interval_by_film_would_cover_too_little():
    films = pd.Series(np.arange(len(PATIENTS)))
    resamples = resample_patients(films, 600, seed=0)

    def interval(scored: Scored) -> dict:
        return with_interval("sensitivity", scored, films, resamples)

    assert coverage(interval, SENSITIVITY, seed=1) < 0.92


@pytest.mark.slow
def test_predictive_value_at_another_prevalence_covers_the_truth():
    def interval(scored: Scored) -> dict:
        return predictive_values(scored, PATIENTS, RESAMPLES, [0.1])[0]["ppv"]

    right = 0.1 * SENSITIVITY
    truth = right / (right + 0.9 * (1 - SPECIFICITY))
    assert coverage(interval, truth, seed=3) == pytest.approx(0.95, abs=0.015)


@pytest.mark.slow
def test_sensitivity_per_patient_covers_the_truth():
    rng = np.random.default_rng(9)
    highest = GAP + rng.normal(0, OF_PATIENT, 400_000)
    highest += rng.normal(0, OF_FILM, (N_FILMS, 400_000)).max(axis=0)
    truth = float((highest >= THRESHOLD).mean())

    def interval(scored: Scored) -> dict:
        return judge_patients(scored, PATIENTS, RESAMPLES[:1])["sensitivity"]

    assert coverage(interval, truth, seed=4) == pytest.approx(0.95, abs=0.015)


@pytest.mark.slow
def test_macro_recall_covers_the_truth():
    classes = ("A", "B", "C")
    rng = np.random.default_rng(5)
    recalls = np.array([0.9, 0.7, 0.6])  # of A, B, C
    covered = 0
    for _ in range(N_STUDIES):
        truth = np.repeat(rng.integers(0, 3, N_PATIENTS), N_FILMS)
        of_patient = rng.beta(4 * recalls, 4 * (1 - recalls), (N_PATIENTS, 3)).repeat(
            N_FILMS, axis=0
        )
        right = rng.random(len(truth)) < of_patient[np.arange(len(truth)), truth]
        called = np.where(right, truth, (truth + 1) % 3)
        films = pd.DataFrame(np.eye(3)[called], columns=[f"prob_{name}" for name in classes])
        films = films.assign(
            label=[classes[k] for k in truth],
            called_class=[classes[k] for k in called],
            group_id=PATIENTS,
        )
        found = view_classes(films, classes, RESAMPLES)["macro"]["recall"]
        covered += found["low"] <= recalls.mean() <= found["high"]
    assert covered / N_STUDIES == pytest.approx(0.95, abs=0.015)
