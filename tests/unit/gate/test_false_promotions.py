"""How often the gate promotes by chance (2,000 draws), and how often it sees a true gain.

Scores are normal; positive films lie `d` standard deviations higher. The scores of the two networks
about a film, and those of the films of a patient, are correlated. Each network calls at the
threshold that gives it the same true sensitivity, as the rule of the operating point aims at.
"""

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tasks.gate.film_answers import FilmAnswers
from tasks.gate.paired_measures import JudgedTruth, measure_pair
from tasks.gate.promotion_rules import ALPHA, home_rules

pytestmark = pytest.mark.slow
DRAWS = 2000
N_PATIENTS, FILMS = 220, 1.5  # a test split of 330 films, as half of Kermany's
SENSITIVITY, CORRELATION, SAME_PATIENT = 0.95, 0.8, 0.3
MARGIN = 0.05


def split_of_films(seed: int) -> JudgedTruth:
    """Two films for every second patient; 60 % of the patients have a finding."""
    films = np.repeat(np.arange(N_PATIENTS), 1 + np.arange(N_PATIENTS) % 2)
    finding = np.arange(N_PATIENTS) % 5 < 3
    return JudgedTruth(finding[films].astype(int), 0, pd.Series(films).astype(str), 200, seed)


def answers(rng: np.random.Generator, truth: JudgedTruth, aurocs: tuple[float, float]):
    """Answers of two networks with these true AUROCs."""
    patients = truth.groups.astype(int).to_numpy()
    of_film = noise(rng, patients)
    for auroc in aurocs:
        d = sqrt(2) * norm.ppf(auroc)
        own = sqrt(CORRELATION) * of_film + sqrt(1 - CORRELATION) * noise(rng, patients)
        score = own + d * truth.class_index
        prob = norm.cdf(score - (d + norm.ppf(1 - SENSITIVITY)))  # 0.5 is its threshold
        both = np.column_stack([1 - prob, prob])
        refused = np.zeros(len(prob), dtype=bool)
        yield FilmAnswers(both, both.argmax(axis=1), prob, prob >= 0.5, refused)


def noise(rng: np.random.Generator, patients: np.ndarray) -> np.ndarray:
    """Standard normal numbers; those of a patient are correlated."""
    shared = rng.standard_normal(patients.max() + 1)[patients]
    own = rng.standard_normal(len(patients))
    return sqrt(SAME_PATIENT) * shared + sqrt(1 - SAME_PATIENT) * own


def promotion_rate(new: float, used: float, draws: int = DRAWS) -> float:
    rng, truth = np.random.default_rng(0), split_of_films(seed=0)
    passed = 0
    for _ in range(draws):
        measures = measure_pair(truth, *answers(rng, truth, (new, used)))
        passed += all(rule.passed for rule in home_rules(measures, MARGIN))
    return passed / draws


def most(rate: float) -> float:
    """The rate and three standard errors of its estimate."""
    return rate + 3 * sqrt(rate * (1 - rate) / DRAWS)


def test_an_equal_network_is_promoted_at_most_at_the_stated_rate() -> None:
    rate = promotion_rate(0.92, 0.92)
    assert 0 < rate <= most(ALPHA)


def test_a_worse_network_is_almost_never_promoted() -> None:
    assert promotion_rate(0.9, 0.95, 400) <= 0.005


def test_the_power_grows_with_the_gain() -> None:
    rates = [promotion_rate(new, 0.9, 300) for new in (0.91, 0.93, 0.96)]
    assert rates == sorted(rates)
    assert rates[0] < 0.3  # a small gain is mostly missed, which the page says
    assert rates[2] > 0.6  # 0.74: sensitivity, which is equal, must be shown not to be lower
