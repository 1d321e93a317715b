"""P values by permutation of patients."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.multiple_tests import holm
from tasks.core.statistics.permutation import permutation_p_values


def contrast(members: Bools) -> Floats:
    """Weights of the difference of the shares of two groups, (n, 1)."""
    shares: Floats = members / members.sum() - ~members / (~members).sum()
    return shares[:, np.newaxis]


@pytest.mark.parametrize(
    ("hits", "misses", "other_hits", "other_misses"), [(3, 5, 9, 1), (30, 2, 60, 8), (8, 0, 8, 0)]
)
def test_with_one_film_a_patient_it_is_fishers_exact_test(
    hits: int, misses: int, other_hits: int, other_misses: int
) -> None:
    """Fisher's test adds rarer tables, not more extreme ones: equal to 0.02 here."""
    table = [[hits, misses], [other_hits, other_misses]]
    right = np.repeat([True, False, True, False], np.ravel(table))
    members = np.arange(len(right)) < hits + misses
    patients = pd.Series(range(len(right)))
    found = permutation_p_values(right, contrast(members), patients, seed=1)
    assert found == pytest.approx([fisher_exact(table).pvalue], abs=0.02)


def test_patients_count_and_not_their_films() -> None:
    """Three patients missed and three not, 20 films each: 2 of the 20 divisions are as unequal."""
    patients = pd.Series(np.repeat(range(6), 20))
    members = (patients < 3).to_numpy()
    found = permutation_p_values(~members, contrast(members), patients, seed=0)
    assert found == pytest.approx([2 / 20], abs=0.02)


def test_films_change_places_within_a_patient() -> None:
    """One patient, four films: 2 of the 6 ways to place two hits are as unequal."""
    hits = np.array([True, True, False, False])
    found = permutation_p_values(hits, contrast(hits), pd.Series([7] * 4), seed=0)
    assert found == pytest.approx([2 / 6], abs=0.03)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 5)), min_size=2))
def test_it_lies_between_its_smallest_value_and_1(films: list[tuple[bool, bool, int]]) -> None:
    hits, members = (np.array([film[i] for film in films]) for i in (0, 1))
    members[:2] = [True, False]
    weights = np.hstack([contrast(members), contrast(~members)])
    patients = pd.Series([film[2] for film in films])
    found = permutation_p_values(hits, weights, patients, seed=3, n_permutations=99)
    assert ((found >= 1 / 100) & (found <= 1)).all()
    assert found[0] == found[1]  # the other group differs as much
    if hits.all():
        assert (found == 1).all()


def test_with_holm_one_false_alarm_in_twenty_studies_at_most() -> None:
    """Patients differ, groups do not: nine groups are tested in each of 400 studies.

    Each patient has two films that are equal in three of four cases, and lies in one group of each
    of three attributes. A test that took films for independent would give far more alarms.
    """
    rng = np.random.default_rng(0)
    patients = pd.Series(np.repeat(range(45), 2))
    alarms = []
    for _ in range(400):
        of_patient = np.repeat(rng.random(45) < 0.7, 2)
        hits = np.where(rng.random(90) < 0.75, of_patient, rng.random(90) < 0.7)
        attributes = np.repeat(rng.permuted(np.tile(np.arange(45) % 3, (3, 1)), axis=1), 2, axis=1)
        weights = np.hstack([contrast(row == group) for row in attributes for group in range(3)])
        p_values = permutation_p_values(hits, weights, patients, seed=0, n_permutations=399)
        alarms.append(holm(p_values).min() <= 0.05)
    assert np.mean(alarms) <= 0.065
