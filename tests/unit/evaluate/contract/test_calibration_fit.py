import numpy as np
import pandas as pd
import pytest
from scipy.optimize import isotonic_regression
from scipy.special import expit, log_softmax, softmax
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss

from tasks.core.decision.log_odds import class_log_odds
from tasks.evaluate.contract import calibration_fit
from tasks.evaluate.contract.calibration_fit import (
    FITS,
    choose_calibration,
    class_log_loss,
    fit_isotonic,
    fit_platt,
    fit_temperature,
    patient_folds,
)


def calibrated_logits(n: int, n_classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and classes that are drawn from their softmax."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, n_classes))
    draws = rng.random((n, 1))
    truth = (softmax(logits, axis=1).cumsum(axis=1) < draws).sum(axis=1)
    return logits, truth


def patients(n: int, films_each: int = 1) -> pd.Series:
    return pd.Series([f"p{film // films_each:05d}" for film in range(n)])


class LogOdds(ClassifierMixin, BaseEstimator):
    """An estimator whose scores are its input."""

    def fit(self, scores, truth):
        self.classes_, self.n_features_in_ = np.unique(truth), scores.shape[1]
        return self

    def decision_function(self, scores):
        return scores if scores.shape[1] > 2 else scores[:, 1]

    def predict(self, scores):
        return scores.argmax(axis=1)


@pytest.mark.parametrize("factor", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_temperature_recovers_a_known_factor(factor, n_classes):
    logits, truth = calibrated_logits(20_000, n_classes, seed=1)
    assert fit_temperature(factor * logits, truth).temperature == pytest.approx(factor, rel=0.05)


def test_no_other_temperature_has_a_lower_log_loss():
    logits, truth = calibrated_logits(200, 2, seed=3)

    def loss(temperature: float) -> float:
        return -log_softmax(logits / temperature, axis=1)[np.arange(200), truth].mean()

    best = loss(fit_temperature(logits, truth).temperature)
    assert all(best <= loss(other) + 1e-9 for other in np.geomspace(0.05, 20, 400))


def test_separable_films_give_the_end_of_the_range():
    logits = np.array([[3.0, -3.0], [-2.0, 2.0]])
    assert 0.04 < fit_temperature(logits, np.array([0, 1])).temperature < 0.3
    assert 15 < fit_temperature(logits, np.array([1, 0])).temperature < 21


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(("ours", "theirs"), [("platt", "sigmoid"), ("isotonic", "isotonic")])
def test_platt_and_isotonic_agree_with_scikit_learn(ours, theirs, n_classes):
    logits, truth = calibrated_logits(600, n_classes, seed=5)
    logits = 2.5 * logits + np.arange(n_classes)
    odds = class_log_odds(logits)
    rival = CalibratedClassifierCV(FrozenEstimator(LogOdds().fit(odds, truth)), method=theirs)
    expected = rival.fit(odds, truth).predict_proba(odds)
    found = FITS[ours](logits, truth).apply(logits)
    limits = 3 / 602 if ours == "isotonic" else 1e-5  # scikit-learn's probabilities reach 0 and 1
    np.testing.assert_allclose(found, expected, atol=limits)


def test_isotonic_agrees_with_scipy_between_its_limits():
    rng = np.random.default_rng(6)
    odds = np.sort(rng.normal(0, 2, 300))
    truth = (rng.random(300) < expit(odds / 2)).astype(int)
    found = fit_isotonic(np.column_stack([np.zeros(300), odds]), truth)
    line = np.interp(odds, found.log_odds[1], found.probabilities[1])
    expected = np.clip(isotonic_regression(truth).x, 1 / 302, 301 / 302)
    np.testing.assert_allclose(line, expected, atol=1e-12)


def test_platt_keeps_the_ranking_of_two_classes_and_a_finite_slope_on_separable_films():
    logits, truth = calibrated_logits(300, 2, seed=4)
    odds = class_log_odds(logits)[:, 1]
    apart = fit_platt(logits, (odds > 0).astype(int))
    assert 0 < apart.slopes[1] < 100
    np.testing.assert_array_equal(
        rankdata(fit_platt(logits, truth).apply(logits)[:, 1]), rankdata(odds)
    )


def test_log_loss_agrees_with_scikit_learn_and_is_infinite_after_a_sure_miss():
    logits, truth = calibrated_logits(100, 3, seed=7)
    prob = softmax(logits, axis=1)
    assert class_log_loss(prob, truth) == pytest.approx(log_loss(truth, prob))
    assert class_log_loss(np.array([[1.0, 0.0]]), np.array([1])) == np.inf


def test_folds_keep_patients_together_and_deal_the_classes_evenly():
    groups, truth = patients(120, films_each=2), np.repeat([0, 1, 1, 1], 30)
    folds = patient_folds(truth, groups, seed=1)
    frame = pd.DataFrame({"group": groups, "fold": folds, "class": truth})
    assert frame.groupby("group")["fold"].nunique().eq(1).all()
    counts = frame.drop_duplicates("group").groupby(["class", "fold"]).size().unstack()
    assert counts.loc[0].tolist() == [3] * 5
    assert counts.loc[1].tolist() == [9] * 5


def test_folds_follow_the_seed_and_not_the_order_of_the_films():
    groups, truth = patients(60), np.arange(60) % 2
    folds = patient_folds(truth, groups, seed=1)
    order = np.random.default_rng(0).permutation(60)
    shuffled = patient_folds(truth[order], groups[order].reset_index(drop=True), seed=1)
    np.testing.assert_array_equal(shuffled, folds[order])
    assert (patient_folds(truth, groups, seed=2) != folds).any()


@pytest.mark.parametrize(
    ("distort", "method"),
    [
        (lambda logits: logits, "none"),
        (lambda logits: 4 * logits, "temperature"),
        (lambda logits: 2 * logits + [0.0, 3.0], "platt"),
        (lambda logits: logits + np.sign(logits[:, [1]] - logits[:, [0]]) * [-4, 4], "isotonic"),
    ],
)
def test_the_method_that_undoes_a_distortion_is_chosen(distort, method):
    logits, truth = calibrated_logits(2000, 2, seed=8)
    choice = choose_calibration(distort(logits), truth, patients(2000), seed=0)
    assert choice.calibrator.method == method
    assert set(choice.log_losses) == {"none", "temperature", "platt", "isotonic"}
    assert min(choice.log_losses, key=choice.log_losses.get) == method


def test_log_losses_are_those_of_films_outside_the_fit():
    logits, truth = calibrated_logits(200, 2, seed=9)
    groups = patients(200, films_each=2)
    folds = patient_folds(truth, groups, seed=3)
    prob = np.empty((200, 2))
    for fold in range(5):
        rest = folds != fold
        prob[~rest] = fit_isotonic(logits[rest], truth[rest]).apply(logits[~rest])
    found = choose_calibration(logits, truth, groups, seed=3)
    assert found.log_losses["isotonic"] == pytest.approx(log_loss(truth, prob))
    in_sample = log_loss(truth, fit_isotonic(logits, truth).apply(logits))
    assert in_sample < found.log_losses["isotonic"]


def test_isotonic_is_listed_and_not_chosen_with_few_films(monkeypatch):
    logits, truth = calibrated_logits(999, 2, seed=8)
    distorted = logits + np.sign(logits[:, [1]] - logits[:, [0]]) * [-4, 4]
    few = choose_calibration(distorted, truth, patients(999), seed=0)
    assert min(few.log_losses, key=few.log_losses.get) == "isotonic" != few.calibrator.method
    assert few.chosen_by.endswith("isotonic needs 1000 films")
    monkeypatch.setattr(calibration_fit, "MIN_ISOTONIC_FILMS", 999)
    again = choose_calibration(distorted, truth, patients(999), seed=0)
    assert again.calibrator.method == "isotonic"
    assert "isotonic needs" not in again.chosen_by


def test_few_patients_of_a_class_give_temperature_and_the_reason():
    logits, truth = calibrated_logits(100, 3, seed=2)
    truth[:], groups = 0, patients(100, films_each=2)
    truth[20:60], truth[60:78] = 1, 2  # 9 patients of the last class
    choice = choose_calibration(logits, truth, groups, seed=0)
    assert choice.calibrator == fit_temperature(logits, truth)
    assert choice.chosen_by.endswith("10 patients of each class; the smallest class has 9")
    assert set(choice.log_losses.values()) == {None}


def test_a_class_without_films_gives_temperature():
    logits, truth = calibrated_logits(100, 3, seed=2)
    choice = choose_calibration(logits, truth % 2, patients(100), seed=0)
    assert choice.calibrator.method == "temperature"
    assert choice.chosen_by.endswith("the smallest class has 0")
