import numpy as np
import pandas as pd
import pytest

from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.calibration_interval import ece_interval
from tasks.evaluate.metric_intervals import (
    in_chunks,
    interval_at_limit,
    mean_at_limit,
    patients_compared,
    with_interval,
)
from tasks.evaluate.metrics import METRICS, Scored

GROUPS = pd.Series(["b", "a", "a", "c", "b", "a"])


def all_positive(called: list[bool]) -> Scored:
    calls = np.array(called)
    return Scored(np.ones(len(calls), dtype=bool), calls, calls.astype(float))


def perfect(n_positive: int, n_negative: int) -> tuple[Scored, pd.Series]:
    """A model without errors and its patients, two films each; probabilities are 0 and 1."""
    positive = np.repeat([True, False], [2 * n_positive, 2 * n_negative])
    patients = pd.Series(np.arange(len(positive)) // 2)
    return Scored(positive=positive, called=positive, prob=positive.astype(float)), patients


def test_sensitivity_of_one_has_wilsons_interval_of_the_patients_not_the_films():
    patients = pd.Series([*"abcdefghij", "a", "a"])  # ten, one of them with three films
    resamples = resample_patients(patients, 100, 0)
    found = with_interval("sensitivity", all_positive([True] * 12), patients, resamples)
    assert found["value"] == 1.0
    assert (found["low"], found["high"]) == pytest.approx((0.722467, 1.0), abs=1e-6)


def test_auroc_of_one_has_the_interval_of_two_samples():
    scored, patients = perfect(10, 10)
    found = with_interval("auroc", scored, patients, resample_patients(patients, 200, 0))
    assert found["low"] == pytest.approx(0.800, abs=5e-4)  # Wilson of 20 patients: 0.839
    assert (found["value"], found["high"]) == (1.0, 1.0)


def test_auroc_of_zero_has_the_mirrored_interval():
    scored, patients = perfect(10, 10)
    wrong = Scored(positive=~scored.positive, called=scored.called, prob=scored.prob)
    found = with_interval("auroc", wrong, patients, resample_patients(patients, 200, 0))
    assert (found["value"], found["low"]) == (0.0, 0.0)
    assert found["high"] == pytest.approx(0.200, abs=5e-4)


# Wilson at 5 of 5: 5 / (5 + z^2) = 0.565518; at 15 of 15: 0.796116; at 20 of 20: 0.838876
@pytest.mark.parametrize(
    ("name", "low"),
    [
        ("average_precision", 0.565518),  # 5 positive patients
        ("sensitivity", 0.565518),
        ("specificity", 0.796116),  # 15 negative patients
        ("ppv", 0.565518),
        ("npv", 0.796116),
        ("accuracy", 0.838876),  # all 20
        ("f1", 2 * 0.565518 / 1.565518),  # of 5 patients positive or called
        # 1 - sqrt((1 - 0.565518)^2 + (1 - 0.796116)^2) / 2
        ("balanced_accuracy", 0.760033),
        ("mcc", 2 * 0.760033 - 1),
    ],
)
def test_metric_of_one_counts_the_patients_of_its_denominator(name, low):
    scored, patients = perfect(5, 15)
    found = with_interval(name, scored, patients, resample_patients(patients, 400, 0))
    assert found == {"value": 1.0, "low": pytest.approx(low, abs=2e-5), "high": 1.0}


@pytest.mark.parametrize("name", ["brier", "calibration_error"])
def test_error_of_zero_counts_all_patients(name):
    scored, patients = perfect(5, 15)
    found = with_interval(name, scored, patients, resample_patients(patients, 100, 0))
    assert found == {"value": 0.0, "low": 0.0, "high": pytest.approx(1 - 0.838876, abs=1e-5)}


def test_every_metric_but_the_log_loss_has_an_interval_at_its_limits():
    scored, patients = perfect(3, 4)
    for name in sorted(set(METRICS) - {"log_loss"}):
        n_patients = patients_compared(name, scored, patients)
        lowest = -1.0 if name == "mcc" else 0.0
        for value in (lowest, 1.0):
            low, high = interval_at_limit(name, value, n_patients)
            assert lowest <= low < high <= 1, name
            assert value in (low, high), name


def test_log_loss_of_zero_has_no_interval():
    scored, patients = perfect(5, 5)
    found = with_interval("log_loss", scored, patients, resample_patients(patients, 100, 0))
    assert found == {"value": 0.0, "low": None, "high": None}


def test_one_patient_gives_no_interval():
    scored = all_positive([True, False, True])
    patients = pd.Series(["a", "a", "a"])  # every resample is equal: the bootstrap sees no spread
    found = with_interval("sensitivity", scored, patients, resample_patients(patients, 100, 0))
    assert found == {"value": pytest.approx(2 / 3), "low": None, "high": None}


def test_one_negative_patient_gives_no_interval_of_what_compares_the_sides():
    positive = np.array([True] * 8 + [False] * 2)
    prob = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.45, 0.35])
    scored = Scored(positive, prob >= 0.5, prob)
    patients = pd.Series([*range(8), 8, 8])
    resamples = resample_patients(patients, 400, 0)
    assert with_interval("auroc", scored, patients, resamples)["low"] is None
    assert with_interval("specificity", scored, patients, resamples)["low"] is not None  # Wilson
    assert with_interval("sensitivity", scored, patients, resamples)["low"] is not None


def test_no_films_give_nothing():
    nothing = np.empty(0, dtype=bool)
    scored = Scored(nothing, nothing, np.empty(0))
    empty = pd.Series([], dtype="str")
    for name in METRICS:
        found = with_interval(name, scored, empty, np.empty((100, 0)))
        assert found == {"value": None, "low": None, "high": None}


def test_replicates_do_not_depend_on_the_chunks():
    weights = np.arange(1100.0).reshape(550, 2)
    np.testing.assert_array_equal(
        in_chunks(lambda w: w[:, 0] - w[:, 1] ** 2, weights), weights[:, 0] - weights[:, 1] ** 2
    )


def test_mean_of_three_perfect_numbers_by_hand():
    # sqrt(0.3^2 + 0.6^2 + 0.6^2) / 3 = 0.9 / 3; with weights 1/2, 1/4, 1/4: sqrt(0.15^2 + 2 0.15^2)
    ends = [(0.7, 1.0), (0.4, 1.0), (0.4, 1.0)]
    assert mean_at_limit(1.0, ends) == (pytest.approx(0.7), 1.0)
    low, _ = mean_at_limit(1.0, ends, [0.5, 0.25, 0.25])
    assert low == pytest.approx(1 - 0.15 * np.sqrt(3))


def test_undefined_metric_has_neither_value_nor_interval():
    scored = all_positive([False] * 6)
    resamples = resample_patients(GROUPS, 100, 0)
    assert with_interval("ppv", scored, GROUPS, resamples) == {
        "value": None,
        "low": None,
        "high": None,
    }


def test_no_interval_where_most_resamples_are_undefined():
    # AUROC needs films of both sides; only the last of these three resamples has them
    scored = Scored(np.array([True, False]), np.array([True, True]), np.array([0.9, 0.1]))
    weights = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    found = with_interval("auroc", scored, pd.Series(["a", "b"]), weights)
    assert found == {"value": 1.0, "low": None, "high": None}


def test_interval_of_each_metric_contains_its_value():
    rng = np.random.default_rng(2)
    positive = rng.random(200) < 0.6
    prob = np.clip(0.25 * positive + rng.normal(0.4, 0.2, 200), 0, 1)
    scored = Scored(positive, prob >= 0.5, prob)
    patients = pd.Series(np.arange(200) // 2)
    resamples = resample_patients(patients, 400, 0)
    for name in METRICS:
        found = with_interval(name, scored, patients, resamples)
        assert found["low"] < found["high"], name
        assert found["low"] <= found["value"] <= found["high"], name


def test_calibration_error_has_the_interval_that_chance_does_not_raise():
    rng = np.random.default_rng(4)
    prob = rng.random(120)
    positive = rng.random(120) < prob  # calibrated: the error that is found is chance
    patients = pd.Series(np.arange(120))
    resamples = resample_patients(patients, 400, 0)
    found = with_interval(
        "calibration_error", Scored(positive, prob >= 0.5, prob), patients, resamples
    )
    assert (found["low"], found["high"]) == ece_interval(prob, positive, resamples)
    assert found["low"] == 0.0
    assert 0.05 < found["value"] <= found["high"]


def test_interval_is_wider_when_films_come_from_fewer_patients():
    rng = np.random.default_rng(5)
    scored = all_positive(list(np.repeat(rng.random(20) < 0.7, 10)))  # ten films per patient

    def width(groups: np.ndarray) -> float:
        patients = pd.Series(groups)
        found = with_interval("sensitivity", scored, patients, resample_patients(patients, 500, 0))
        return found["high"] - found["low"]

    # the standard error grows by sqrt(10) when the ten films of a patient agree
    assert 2 < width(np.arange(200) // 10) / width(np.arange(200)) < 5
