import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix_at_thresholds

from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.call_counts import CallCounts
from tasks.evaluate.decision_curve import THRESHOLDS, decision_curve, net_benefit
from tasks.evaluate.metrics import Scored


def curve(positive: np.ndarray, prob: np.ndarray, patients: np.ndarray | None = None) -> list[dict]:
    names = pd.Series(np.arange(len(prob)) if patients is None else patients)
    scored = Scored(positive, prob >= 0.5, prob)
    return decision_curve(scored, names, resample_patients(names, 300, seed=0))


def random_films(seed: int, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.4
    return positive, np.clip(0.3 * positive + rng.normal(0.35, 0.2, n), 0.001, 0.999)


def test_net_benefit_by_hand():
    # of 100 patients at 20 %: 8 true, 4 false calls: (8 - 4 * 0.2 / 0.8) / 100
    counts = CallCounts(tp=np.array([[8.0]]), fp=np.array([[4.0]]), fn=np.array([[2.0]]),
                    tn=np.array([[86.0]]))  # fmt: skip
    assert net_benefit(counts, np.array([0.2]))[0, 0] == pytest.approx(0.07)


def test_curve_agrees_with_the_counts_of_scikit_learn():
    positive, prob = random_films(0)
    tn, fp, fn, tp, thresholds = confusion_matrix_at_thresholds(positive, prob)
    for row in curve(positive, prob)[4::10]:
        t = row["threshold"]
        k = np.flatnonzero(thresholds >= t)[-1]  # scikit-learn's thresholds fall
        expected = tp[k] / 200 - fp[k] / 200 * t / (1 - t)
        assert row["net_benefit"]["value"] == pytest.approx(expected)
        assert tp[k] + fp[k] + fn[k] + tn[k] == 200


def test_treating_all_crosses_zero_at_the_prevalence():
    positive, prob = random_films(1)
    positive[:] = np.arange(200) < 80  # 40 %
    by_threshold = {row["threshold"]: row["treat_all"] for row in curve(positive, prob)}
    assert by_threshold[0.4]["value"] == pytest.approx(0.0, abs=1e-12)
    assert by_threshold[0.2]["value"] == pytest.approx(0.4 - 0.6 * 0.25)
    assert by_threshold[0.2]["low"] < 0.25 < by_threshold[0.2]["high"]


def test_a_perfect_model_is_worth_the_prevalence_at_every_threshold():
    positive, _ = random_films(2)
    found = curve(positive, np.where(positive, 1.0, 0.0))
    assert [row["threshold"] for row in found] == THRESHOLDS.tolist()
    assert {round(row["net_benefit"]["value"], 12) for row in found} == {positive.mean()}


def test_a_threshold_that_calls_nothing_is_worth_nothing():
    positive, prob = random_films(3)
    assert curve(positive, prob * 0.5)[-1]["net_benefit"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_one_side_gives_nulls_and_one_patient_no_interval():
    _, prob = random_films(4, n=6)
    for row in curve(np.ones(6, dtype=bool), prob):
        assert row["net_benefit"] == row["treat_all"]
        assert row["net_benefit"] == {"value": None, "low": None, "high": None}
    row = curve(np.array([True, False] * 3), prob, patients=np.zeros(6))[9]
    assert row["net_benefit"]["value"] is not None
    assert row["net_benefit"]["low"] is None
