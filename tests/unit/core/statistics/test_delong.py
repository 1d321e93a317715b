"""DeLong's test by patient: slow formulas written out, and simulated patients."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.statistics.auroc import auroc
from tasks.core.statistics.delong import (
    auroc_components,
    auroc_difference,
    difference_interval,
    two_sided_p,
)

N_FILMS = 24


def films(seed: int, n_patients: int, n_levels: int = 6):
    """Scores of two models with ties, the truth (both sides in a patient) and the patients."""
    rng = np.random.default_rng(seed)
    positive = np.arange(N_FILMS) % 2 == 0
    scores = rng.integers(0, n_levels, (2, N_FILMS)) + positive
    groups = pd.Series(rng.permutation(np.arange(N_FILMS) % n_patients))
    return scores[0].astype(float), scores[1].astype(float), positive, groups


def win(high: float, low: float) -> float:
    return 1.0 if high > low else 0.5 if high == low else 0.0


def slow_components(scores, positive):
    of_positives = [np.mean([win(x, y) for y in scores[~positive]]) for x in scores[positive]]
    of_negatives = [np.mean([win(x, y) for x in scores[positive]]) for y in scores[~positive]]
    return np.array(of_positives), np.array(of_negatives)


def delong_covariance(score_pairs, positive):
    """DeLong's covariance matrix of two AUROCs, as printed: S10 / m + S01 / n."""
    parts = [slow_components(scores, positive) for scores in score_pairs]
    s10 = np.cov([v10 for v10, _ in parts])
    s01 = np.cov([v01 for _, v01 in parts])
    return s10 / positive.sum() + s01 / (~positive).sum()


def obuchowski_covariance(first, second, positive, groups):
    """Obuchowski's covariance of two AUROCs of clustered films, patient by patient."""
    n_films = positive.sum(), (~positive).sum()
    sums = []  # for each model: the sums of each patient, positives and negatives
    for scores in (first, second):
        components = dict(zip((True, False), slow_components(scores, positive), strict=True))
        area = components[True].mean()
        rows = []
        for patient in sorted(set(groups)):
            mine = (groups == patient).to_numpy()
            of_side = {True: mine[positive], False: mine[~positive]}
            rows.append([(components[side][of_side[side]] - area).sum() for side in (True, False)])
        sums.append(rows)
    n = [len(set(groups[positive])), len(set(groups[~positive])), len(set(groups))]
    total = 0.0
    for (x1, y1), (x2, y2) in zip(*sums, strict=True):
        total += n[0] / (n[0] - 1) * x1 * x2 / n_films[0] ** 2
        total += n[1] / (n[1] - 1) * y1 * y2 / n_films[1] ** 2
        total += n[2] / (n[2] - 1) * (x1 * y2 + y1 * x2) / (n_films[0] * n_films[1])
    return total


@pytest.mark.parametrize("seed", range(5))
def test_one_film_per_patient_gives_the_test_of_delong(seed):
    first, second, positive, groups = films(seed, N_FILMS)
    covariance = delong_covariance((first, second), positive)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    difference, error = auroc_difference(first, second, positive, groups)
    assert difference == pytest.approx(auroc(first, positive) - auroc(second, positive))
    assert error == pytest.approx(math.sqrt(variance))


@pytest.mark.parametrize("n_patients", [5, 8, 12])
def test_films_of_one_patient_give_the_variance_of_obuchowski(n_patients):
    first, second, positive, groups = films(n_patients, n_patients)
    pairs = [(first, first), (second, second), (first, second)]
    own, other, both = (obuchowski_covariance(*pair, positive, groups) for pair in pairs)
    _, error = auroc_difference(first, second, positive, groups)
    assert error == pytest.approx(math.sqrt(own + other - 2 * both))


def test_components_by_hand():
    # negatives 1 and 2; the positive 2 beats one and ties with one, the positive 3 beats both
    scores, positive = np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, False, True, True])
    assert auroc_components(scores, positive).tolist() == [1.0, 0.75, 0.75, 1.0]


@given(seed=st.integers(0, 10_000), n_patients=st.integers(2, N_FILMS))
def test_a_swap_of_the_models_changes_the_sign_only(seed, n_patients):
    first, second, positive, groups = films(seed, n_patients)
    there = auroc_difference(first, second, positive, groups)
    back = auroc_difference(second, first, positive, groups)
    assert there[0] == pytest.approx(-back[0])
    assert there[1] == pytest.approx(back[1])
    assert -1 <= there[0] <= 1


@given(seed=st.integers(0, 10_000))
def test_the_order_of_films_and_a_rescaled_score_change_nothing(seed):
    first, second, positive, groups = films(seed, 7)
    order = np.random.default_rng(seed).permutation(N_FILMS)
    moved = groups.iloc[order].reset_index(drop=True)
    found = auroc_difference(np.exp(first[order]), 3 * second[order], positive[order], moved)
    assert found == pytest.approx(auroc_difference(first, second, positive, groups))


def test_false_alarms_of_clustered_films_are_five_percent():
    # 60 patients, 3 films each, mostly of one side; patients differ, so films are not independent
    rng = np.random.default_rng(7)
    groups = pd.Series(np.repeat(np.arange(60), 3))
    n_runs, n_alone = 1000, 200
    alarms = alarms_of_films = 0
    for run in range(n_runs):
        positive = rng.random(180) < np.repeat(rng.choice([0.1, 0.9], 60), 3)
        of_patient = np.repeat(rng.normal(0, 1, (2, 60)), 3, axis=1)
        scores = positive + of_patient + rng.normal(0, 0.7, (2, 180))
        found = auroc_difference(scores[0], scores[1], positive, groups)
        alarms += two_sided_p(*found) < 0.05
        if run < n_alone:
            alone = auroc_difference(scores[0], scores[1], positive, pd.Series(range(180)))
            alarms_of_films += two_sided_p(*alone) < 0.05
    assert alarms / n_runs == pytest.approx(0.05, abs=0.015)
    assert alarms_of_films / n_alone > 0.10  # the same films as if each were a patient


def test_equal_models_differ_by_nothing_and_too_few_patients_have_no_error():
    first, _, positive, groups = films(1, 6)
    assert auroc_difference(first, first, positive, groups) == (0.0, 0.0)
    assert two_sided_p(0.0, 0.0) == 1.0
    assert auroc_difference(first, first[::-1], positive, pd.Series([0] * N_FILMS))[1] is None
    assert auroc_difference(first, first, np.ones(N_FILMS, bool), groups) == (None, None)


def test_a_difference_without_any_variation_has_no_p_value():
    positive = np.array([True, True, False, False])
    perfect = np.array([2.0, 3.0, 0.0, 1.0])
    difference, error = auroc_difference(perfect, -perfect, positive, pd.Series(range(4)))
    assert (difference, error) == (1.0, 0.0)
    assert two_sided_p(difference, error) is None


def test_interval_stays_in_range():
    assert difference_interval(0.1, 0.05) == pytest.approx((0.1 - 0.098, 0.1 + 0.098), abs=1e-4)
    assert difference_interval(0.98, 0.1)[1] == 1.0
