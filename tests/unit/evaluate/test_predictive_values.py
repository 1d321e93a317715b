import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.statistics.bootstrap import resample_patients
from tasks.core.statistics.intervals import wilson_interval
from tasks.evaluate.metrics import METRICS, Scored
from tasks.evaluate.predictive_values import npv_at, ppv_at, predictive_values


def table_of(tp: int, fp: int, tn: int, fn: int) -> Scored:
    positive = np.array([True] * tp + [False] * fp + [False] * tn + [True] * fn, dtype=bool)
    called = np.array([True] * (tp + fp) + [False] * (tn + fn), dtype=bool)
    return Scored(positive, called, called.astype(float))


def found_at(scored: Scored, *prevalences: float) -> list[dict]:
    patients = pd.Series(np.arange(len(scored.positive)))
    resamples = resample_patients(patients, 500, seed=0)
    return predictive_values(scored, patients, resamples, prevalences)


def test_published_example_of_altman_and_bland():
    # BMJ 309:102, 1994: liver scans, sensitivity 231/258, specificity 54/86; at a prevalence of
    # 0.25 the predictive values are 0.45 and 0.95
    rates = np.array([231 / 258]), np.array([54 / 86])
    assert ppv_at(0.25, *rates)[0] == pytest.approx(0.45, abs=0.005)
    assert npv_at(0.25, *rates)[0] == pytest.approx(0.95, abs=0.005)


def test_at_the_prevalence_of_the_films_they_are_the_predictive_values_of_the_films():
    scored = table_of(8, 3, 7, 2)
    (found,) = found_at(scored, 0.5)
    one = np.ones((1, 20))
    assert found["ppv"]["value"] == pytest.approx(METRICS["ppv"](scored, one)[0])
    assert found["npv"]["value"] == pytest.approx(METRICS["npv"](scored, one)[0])
    for name in ("ppv", "npv"):
        assert found[name]["low"] < found[name]["value"] < found[name]["high"]


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.02, 0.9))
def test_ppv_rises_and_npv_falls_with_the_prevalence(sensitivity, specificity, prevalence):
    rates = np.array([sensitivity]), np.array([specificity])
    assert ppv_at(prevalence * 1.1, *rates)[0] > ppv_at(prevalence, *rates)[0]
    assert npv_at(prevalence * 1.1, *rates)[0] < npv_at(prevalence, *rates)[0]


def test_a_perfect_specificity_has_an_interval_from_wilsons():
    (found,) = found_at(table_of(6, 0, 10, 4), 0.2)
    low = ppv_at(
        0.2, np.array([wilson_interval(6, 10).low]), np.array([wilson_interval(10, 10).low])
    )
    assert found["ppv"] == {"value": 1.0, "low": pytest.approx(low[0]), "high": 1.0}


@pytest.mark.parametrize("counts", [(0, 3, 7, 0), (8, 0, 0, 2), (0, 0, 0, 0)])
def test_one_side_gives_nulls(counts):
    for row in found_at_any(table_of(*counts)):
        assert row["ppv"] == row["npv"] == {"value": None, "low": None, "high": None}


def found_at_any(scored: Scored) -> list[dict]:
    n = len(scored.positive)
    return predictive_values(scored, pd.Series(np.arange(n)), np.ones((100, n)), [0.1, 0.5])


def test_one_patient_of_a_side_gives_no_interval():
    scored = table_of(3, 1, 1, 2)  # both negative films are of one patient
    patients = pd.Series([0, 1, 2, 9, 9, 3, 4])
    resamples = resample_patients(patients, 300, seed=0)
    (found,) = predictive_values(scored, patients, resamples, [0.2])
    assert found["ppv"]["value"] is not None
    assert found["ppv"]["low"] is None
