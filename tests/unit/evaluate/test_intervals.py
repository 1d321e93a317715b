import numpy as np
import pandas as pd
import pytest

from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.intervals import n_patients_of, wilson, with_interval
from tasks.evaluate.metrics import METRICS, Scored, auroc, ppv, sensitivity

GROUPS = pd.Series(["b", "a", "a", "c", "b", "a"])


def all_positive(called: list[bool]) -> Scored:
    calls = np.array(called)
    return Scored(np.ones(len(calls), dtype=bool), calls, calls.astype(float))


def test_resamples_draw_as_many_patients_as_there_are():
    weights = resample_patients(GROUPS, 50, seed=0)
    assert weights.shape == (50, 6)
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()  # one film of each of b, a, c
    assert weights.min() == 0
    assert weights.max() > 1


def test_patients_are_drawn_whole():
    weights = resample_patients(GROUPS, 50, seed=0)
    for films in ([1, 2, 5], [0, 4]):
        assert (weights[:, films] == weights[:, films[:1]]).all()
    assert (weights[:, 0] != weights[:, 1]).any()


def test_resamples_depend_on_the_seed_and_on_nothing_else():
    once = resample_patients(GROUPS, 20, seed=4)
    np.testing.assert_array_equal(once, resample_patients(GROUPS.set_axis(range(9, 15)), 20, 4))
    np.testing.assert_array_equal(once[:, ::-1], resample_patients(GROUPS[::-1], 20, 4))
    assert (once != resample_patients(GROUPS, 20, seed=5)).any()


def test_wilson_by_hand():
    # 0 of 10: centre = half width = (z^2 / 20) / (1 + z^2 / 10), z^2 = 3.841459:
    # high = z^2 / (10 + z^2) = 3.841459 / 13.841459
    assert wilson(0.0, 10) == pytest.approx((0.0, 0.277533), abs=1e-6)
    assert wilson(1.0, 10) == pytest.approx((0.722467, 1.0), abs=1e-6)
    # 5 of 10: 0.5 -+ z / (1 + z^2/10) * sqrt(0.025 + z^2/400) = 0.5 -+ 1.415965 * 0.186036
    assert wilson(0.5, 10) == pytest.approx((0.236594, 0.763406), abs=1e-5)


def test_share_of_one_has_wilsons_interval_for_the_patients_not_the_films():
    patients = pd.Series([*"abcdefghij", "a", "a"])  # ten, one of them with three films
    resamples = resample_patients(patients, 100, 0)
    found = with_interval(sensitivity, all_positive([True] * 12), resamples, n_patients=10)
    assert found["value"] == 1.0
    assert (found["low"], found["high"]) == pytest.approx((0.722467, 1.0), abs=1e-6)


def test_undefined_metric_has_neither_value_nor_interval():
    scored = all_positive([False] * 6)
    resamples = resample_patients(GROUPS, 100, 0)
    assert with_interval(ppv, scored, resamples, 1) == {"value": None, "low": None, "high": None}


def test_interval_that_most_resamples_leave_undefined_is_not_given():
    # AUROC needs a film of each side: of these three draws only the last has both
    scored = Scored(np.array([True, False]), np.array([True, True]), np.array([0.9, 0.1]))
    weights = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    assert with_interval(auroc, scored, weights, 2) == {"value": 1.0, "low": None, "high": None}


def test_interval_of_each_metric_holds_its_value():
    rng = np.random.default_rng(2)
    positive = rng.random(200) < 0.6
    prob = np.clip(0.25 * positive + rng.normal(0.4, 0.2, 200), 0, 1)
    scored = Scored(positive, prob >= 0.5, prob)
    resamples = resample_patients(pd.Series(np.arange(200) // 2), 400, 0)
    for name, metric in METRICS.items():
        found = with_interval(metric, scored, resamples, 100)
        assert 0 <= found["low"] < found["high"] <= 1, name
        if name != "calibration_error":  # a mean of absolute gaps: resampling only adds to it
            assert found["low"] < found["value"] < found["high"], name


def test_interval_is_wider_when_films_come_from_fewer_patients():
    rng = np.random.default_rng(5)
    scored = all_positive(list(np.repeat(rng.random(20) < 0.7, 10)))  # ten films per patient

    def width(groups: np.ndarray) -> float:
        resamples = resample_patients(pd.Series(groups), 500, 0)
        found = with_interval(sensitivity, scored, resamples, 20)
        return found["high"] - found["low"]

    # the standard error grows by sqrt(10) when ten films agree
    assert 2 < width(np.arange(200) // 10) / width(np.arange(200)) < 5


def test_95_percent_interval_covers_a_true_share_about_95_percent_of_the_time():
    rng = np.random.default_rng(11)
    covered = 0
    for repeat in range(200):
        scored = all_positive(list(rng.random(40) < 0.8))
        resamples = resample_patients(pd.Series(np.arange(40)), 300, seed=repeat)
        found = with_interval(sensitivity, scored, resamples, 40)
        covered += found["low"] <= 0.8 <= found["high"]
    assert 0.88 <= covered / 200 <= 0.99


def test_95_percent_interval_covers_the_share_of_patients_of_many_films():
    rng = np.random.default_rng(12)
    covered = 0
    for repeat in range(200):
        scored = all_positive(list(np.repeat(rng.random(40) < 0.7, 4)))
        resamples = resample_patients(pd.Series(np.arange(160) // 4), 300, seed=repeat)
        found = with_interval(sensitivity, scored, resamples, 40)
        covered += found["low"] <= 0.7 <= found["high"]
    assert 0.88 <= covered / 200 <= 0.99  # films taken one by one would cover about 67 %


def test_patients_of_a_mask_are_counted_once_and_never_zero():
    assert n_patients_of(np.array([1, 1, 1, 0, 1, 1], dtype=bool), GROUPS) == 2
    assert n_patients_of(np.zeros(6, dtype=bool), GROUPS) == 1
