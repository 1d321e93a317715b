"""Shares of films and their difference: published examples, films of one patient, coverage."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.statistics.arrays import Bools
from tasks.core.statistics.hit_shares import (
    effective_number,
    hits_difference,
    hits_share,
    score_interval,
)
from tasks.core.statistics.intervals import wilson_interval

Films = tuple[Bools, pd.Series]


def independent(n_hits: int, n: int) -> Films:
    return np.arange(n) < n_hits, pd.Series(range(n))


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombes_table(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe, Statistics in Medicine 17:873-890, 1998, table II, method 10."""
    found = hits_difference(*independent(*one), *independent(*other))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.value == pytest.approx(one[0] / one[1] - other[0] / other[1])


@given(st.integers(1, 200), st.data())
def test_the_score_interval_of_a_whole_number_is_wilsons(n: int, data: st.DataObject) -> None:
    wilson = wilson_interval(data.draw(st.integers(0, n)), n)
    found = score_interval(wilson.value, n)
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high), abs=1e-12)


def test_the_effective_number_by_hand() -> None:
    """Patients with 2, 2 and 1 films and 2, 0 and 1 hits: share 0.6.

    Surplus hits of the patients: 0.8, -1.2 and 0.4, so the variance of the share is
    (0.64 + 1.44 + 0.16) / 25 = 0.0896; the effective number is 0.24 / 0.0896.
    """
    hits = np.array([True, True, False, False, True])
    patients = pd.Series(["a", "a", "b", "b", "c"])
    assert effective_number(hits, patients) == pytest.approx(0.24 / 0.0896)


def test_without_a_sign_of_how_films_agree_patients_count() -> None:
    patients = pd.Series(["a", "a", "b", "b"])
    for hits in ([True] * 4, [False] * 4, [True, False] * 2):
        assert effective_number(np.array(hits), patients) == 2


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=40))
def test_the_effective_number_is_that_of_the_films_at_most(films: list[tuple[bool, int]]) -> None:
    hits, patients = np.array([hit for hit, _ in films]), pd.Series([who for _, who in films])
    assert 0 < effective_number(hits, patients) <= len(films)
    if patients.is_unique:
        assert effective_number(hits, patients) == pytest.approx(len(films))


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 8)), min_size=2))
def test_the_interval_holds_the_difference_and_turns_with_it(
    films: list[tuple[bool, bool, int]],
) -> None:
    hits, side = np.array([film[0] for film in films]), np.array([film[1] for film in films])
    patients = pd.Series([film[2] for film in films])
    side[:2] = [True, False]
    one, other = (hits[side], patients[side]), (hits[~side], patients[~side])
    found, turned = hits_difference(*one, *other), hits_difference(*other, *one)
    assert -1 - 1e-12 <= found.low <= found.value <= found.high <= 1 + 1e-12
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


@pytest.mark.parametrize(("n_patients", "most_films", "shared"), [(20, 1, 0.01), (40, 3, 0.5)])
def test_they_cover_the_truth_in_95_of_100_studies(
    n_patients: int, most_films: int, shared: float
) -> None:
    """True shares 0.8 and 0.9; `shared` is the correlation of the films of one patient."""
    rng = np.random.default_rng(0)

    def drawn(share: float, n: int) -> Films:
        patients = np.repeat(np.arange(n), rng.integers(1, most_films + 1, n))
        weight = (1 - shared) / shared
        chance = rng.beta(share * weight, (1 - share) * weight, n)
        return rng.random(len(patients)) < chance[patients], pd.Series(patients)

    pairs = [(drawn(0.8, n_patients), drawn(0.9, 5 * n_patients)) for _ in range(700)]
    differences = [hits_difference(*one, *other) for one, other in pairs]
    covered = [found.low <= -0.1 <= found.high for found in differences]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)
    shares = [hits_share(*other) for _, other in pairs]
    covered = [found.low <= 0.9 <= found.high for found in shares]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("n", [10, 13, 25])  # where the formula alone rounds to 0.9999999999999999
def test_ends_at_a_limit_are_exact(n: int) -> None:
    assert score_interval(1.0, n).high == 1.0
    assert score_interval(0.0, n).low == 0.0
