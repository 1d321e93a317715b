import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.statistics.paired_shares import (
    PairedResamples,
    resample_pairs,
    share_difference,
    smallest_excluded,
)

N = 40
GROUPS = pd.Series([f"p{number // 2:02d}" for number in range(N)])
EVERYTHING = np.ones(N, dtype=bool)
RESAMPLES = resample_pairs(GROUPS, 400, seed=0).among(EVERYTHING)
Calls = st.lists(st.booleans(), min_size=N, max_size=N).map(np.array)


def test_an_invented_patient_has_as_many_films_as_a_patient_has_on_average():
    assert RESAMPLES.weights.shape == (400, N + 2)
    films, invented = RESAMPLES.weights[:, :-2], RESAMPLES.weights[:, -2:]
    assert (films[:, ::2] == films[:, 1::2]).all()
    np.testing.assert_array_equal(films[:, ::2].sum(axis=1) + invented.sum(axis=1) / 2, 22)


def test_two_draws_by_hand():
    weights = np.array([[1.0, 1.0, 2.0, 0.0], [2.0, 0.0, 0.0, 2.0]])
    by_hand = PairedResamples(weights, pd.Series(["a", "b"]))
    found = share_difference(np.array([True, True]), np.array([False, True]), by_hand)
    assert found.value == 0.5
    reach = 1 - 0.025**0.5  # of two patients; the draws have (2 - 2) / 4 and (1 + 2) / 4
    assert (found.low, found.high) == pytest.approx((0.5 - reach, 0.5 + reach))


def test_resamples_of_some_films_keep_their_weights():
    some = np.arange(N) < 10
    part = RESAMPLES.among(some)
    np.testing.assert_array_equal(part.weights[:, :10], RESAMPLES.weights[:, :10])
    assert part.groups.nunique() == 5


@pytest.mark.parametrize("n_patients", [1, 10, 73, 500])
def test_networks_that_never_differ_are_not_shown_to_be_equal(n_patients: int):
    groups = pd.Series(range(n_patients)).astype(str)
    right = np.ones(n_patients, dtype=bool)
    found = share_difference(right, right, resample_pairs(groups, 400, seed=0).among(right))
    reach = smallest_excluded(n_patients)
    assert found.low <= -reach
    assert found.high >= reach
    # with this true share, no patient of n shows it in 25 of 1,000 sets
    assert (1 - reach) ** n_patients == pytest.approx(0.025)


def test_a_clear_gain_excludes_a_loss_also_with_few_patients():
    right, other = np.ones(N, dtype=bool), np.arange(N) >= N // 2
    assert smallest_excluded(20) == pytest.approx(0.168, abs=0.001)
    assert share_difference(right, other, RESAMPLES).low > 0


@settings(max_examples=60, deadline=None)
@given(Calls, Calls, st.integers(0, N - 1))
def test_a_film_more_that_is_right_moves_no_end_down(right, other, film):
    before = share_difference(right & (np.arange(N) != film), other, RESAMPLES)
    after = share_difference(right | (np.arange(N) == film), other, RESAMPLES)
    assert after.low >= before.low
    assert after.high >= before.high
    assert after.value > before.value


@settings(max_examples=30, deadline=None)
@given(Calls, Calls)
def test_the_value_lies_in_its_interval_and_changing_sides_mirrors_it(right, other):
    found = share_difference(right, other, RESAMPLES)
    assert found.low <= found.value <= found.high
    mirrored = RESAMPLES.weights.copy()
    mirrored[:, [-2, -1]] = mirrored[:, [-1, -2]]
    back = share_difference(other, right, PairedResamples(mirrored, GROUPS))
    assert back.value == pytest.approx(-found.value)
    assert back.low == pytest.approx(-found.high)
    assert back.high == pytest.approx(-found.low)


def test_the_interval_covers_the_true_difference():
    """80 patients of two films; half of what makes the calls differ is shared by a patient."""
    rng = np.random.default_rng(5)
    groups = pd.Series(np.repeat(np.arange(80), 2).astype(str))
    resamples = resample_pairs(groups, 500, seed=0).among(np.ones(160, dtype=bool))
    n_below = n_above = 0
    for _ in range(600):
        own, shared = rng.random(160), np.repeat(rng.random(80), 2)
        draw = np.where(np.repeat(rng.random(80) < 0.5, 2), shared, own)
        found = share_difference(draw < 0.97, draw > 0.07, resamples)  # 0.97 less 0.93
        n_below += found.high < 0.04
        n_above += found.low > 0.04
    assert n_below <= 30  # 5 % of 600; 2.5 % is promised, four standard errors are 2.5 %
    assert n_above <= 30
