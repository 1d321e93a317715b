"""The bootstrap resamples patients, not films."""

import numpy as np
import pandas as pd

from tasks.core.statistics.bootstrap import percentile_interval, resample_patients

GROUPS = pd.Series(["b", "a", "a", "c", "b", "a"])


def test_each_resample_has_as_many_patients_as_the_study():
    weights = resample_patients(GROUPS, 50, seed=0)
    assert weights.shape == (50, 6)
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()  # one film of each of b, a, c
    assert weights.min() == 0
    assert weights.max() > 1


def test_all_films_of_a_patient_have_the_same_weight():
    weights = resample_patients(GROUPS, 50, seed=0)
    for films in ([1, 2, 5], [0, 4]):
        assert (weights[:, films] == weights[:, films[:1]]).all()
    assert (weights[:, 0] != weights[:, 1]).any()


def test_resamples_depend_on_the_seed_only():
    once = resample_patients(GROUPS, 20, seed=4)
    np.testing.assert_array_equal(once, resample_patients(GROUPS.set_axis(range(9, 15)), 20, 4))
    np.testing.assert_array_equal(once[:, ::-1], resample_patients(GROUPS[::-1], 20, 4))
    assert (once != resample_patients(GROUPS, 20, seed=5)).any()


def test_several_intervals_are_each_wider_than_one():
    replicates = np.linspace(0, 1, 1001)
    assert percentile_interval(replicates) == (0.025, 0.975)
    low, high = percentile_interval(replicates, n_intervals=5)
    np.testing.assert_allclose((low, high), (0.005, 0.995))
