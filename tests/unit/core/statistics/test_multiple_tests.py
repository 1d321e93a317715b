"""P values that are corrected for the number of tests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from tasks.core.statistics.multiple_tests import holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20).map(np.array)


def test_an_example_by_hand() -> None:
    """Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1; the last is raised to the one before it."""
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_equal_values_get_one_corrected_value() -> None:
    assert holm(np.array([0.02, 0.5, 0.02])) == pytest.approx([0.06, 0.5, 0.06])


def test_no_test_at_all() -> None:
    assert holm(np.array([])).tolist() == []


@given(P_VALUES)
def test_between_the_plain_value_and_bonferroni(p_values: np.ndarray) -> None:
    corrected = holm(p_values)
    assert (corrected >= p_values).all()
    assert (corrected <= np.minimum(len(p_values) * p_values, 1)).all()
    assert min(corrected) == min(len(p_values) * min(p_values), 1)


@given(P_VALUES)
def test_never_below_the_correction_for_false_discoveries(p_values: np.ndarray) -> None:
    """Benjamini and Hochberg's values ask for less, so each is at most Holm's."""
    assert (holm(p_values) >= false_discovery_control(p_values) - 1e-12).all()


@given(P_VALUES, st.integers(0, 99))
def test_the_order_of_the_tests_does_not_matter(p_values: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(p_values))
    assert holm(p_values[order]).tolist() == holm(p_values)[order].tolist()


def test_one_false_alarm_in_twenty_studies_at_most() -> None:
    """Ten true null hypotheses in each of 20,000 studies: 5 % have a corrected value below 0.05."""
    rng = np.random.default_rng(0)
    studies = rng.uniform(size=(20_000, 10))
    alarms = [holm(study).min() <= 0.05 for study in studies]
    assert np.mean(alarms) == pytest.approx(1 - (1 - 0.05 / 10) ** 10, abs=0.005)
