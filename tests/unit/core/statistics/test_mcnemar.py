"""The exact McNemar test: a textbook example, scipy's binomial test, and every sign counted."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tasks.core.statistics.mcnemar import mcnemar_p


def answers(n_first: int, n_second: int, n_same: int = 5):
    """Only the first model is right about some films, only the second about others."""
    first = [True] * n_first + [False] * n_second + [True] * n_same
    second = [False] * n_first + [True] * n_second + [True] * n_same
    return np.array(first), np.array(second)


def test_airways_before_and_after_transplantation():
    # Bentur et al. 2009, Table 1 in Fagerland et al. 2013: 1 and 7 discordant of 21; p = 0.070
    first, second = answers(1, 7, n_same=13)
    assert mcnemar_p(first, second, pd.Series(range(21))) == pytest.approx(0.0703, abs=5e-5)


@given(n_first=st.integers(0, 40), n_second=st.integers(0, 40))
def test_one_film_per_patient_gives_the_binomial_test(n_first, n_second):
    first, second = answers(n_first, n_second)
    n_different = n_first + n_second
    expected = binomtest(n_first, n_different).pvalue if n_different else 1.0
    found = mcnemar_p(first, second, pd.Series(range(len(first))))
    assert found == pytest.approx(expected)


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 5)), min_size=1, max_size=12)
)
def test_films_of_one_patient_change_sign_together(rows):
    first, second = (np.array([row[k] for row in rows]) for k in (0, 1))
    patients = pd.Series([row[2] for row in rows])
    sums = [sum(int(a) - int(b) for a, b, patient in rows if patient == one) for one in range(6)]
    totals = [abs(np.dot(signs, sums)) for signs in product((-1, 1), repeat=6)]
    expected = np.mean([total >= abs(sum(sums)) for total in totals])
    found = mcnemar_p(first, second, patients)
    assert found == pytest.approx(expected)
    assert found == pytest.approx(mcnemar_p(second, first, patients))


def test_many_films_of_one_patient_prove_nothing():
    first, second = answers(30, 0, n_same=0)
    assert mcnemar_p(first, second, pd.Series([0] * 30)) == 1.0
    assert mcnemar_p(first, second, pd.Series(range(30))) < 1e-8
