"""Fit of each method of calibration, and the choice among them by patients outside the fit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, log_softmax

from tasks.core.decision.calibrators import (
    LOG_TEMPERATURE_RANGE,
    Calibrator,
    IsotonicSteps,
    NoCalibration,
    PlattScaling,
    TemperatureScaling,
)
from tasks.core.decision.log_odds import Logits, class_log_odds
from tasks.core.statistics.arrays import Bools, Floats

ClassIndex = NDArray[np.int64]

N_CALIBRATION_FOLDS = 5
# Patients of each class, so that each fold judges two of them; ours
MIN_CLASS_PATIENTS = 2 * N_CALIBRATION_FOLDS
# Films, below which isotonic regression follows single films, and gives most of them one of few
# probabilities, so that they cannot be ranked. Source: Niculescu-Mizil and Caruana, ICML 2005
MIN_ISOTONIC_FILMS = 1000


@dataclass(frozen=True)
class CalibrationChoice:
    """The calibrator, how it was chosen, and the log loss of each method.

    log_losses: by method, of patients outside the fit; None where the methods were not compared.
    """

    calibrator: Calibrator
    chosen_by: str
    log_losses: dict[str, float | None]


def choose_calibration(
    logits: Logits, class_index: ClassIndex, groups: pd.Series, seed: int
) -> CalibrationChoice:
    """Choose the method with the lowest log loss on patients that it was not fitted to.

    Each method is fitted to four fifths of the patients and judged on the others, five times. So a
    method that follows its films too closely does not win by that. The winner is then fitted to
    all films. Of equal methods the one with fewer parameters wins. With fewer than 1,000 films
    isotonic regression is judged but not chosen. With fewer than 10 patients of a class the
    comparison means little, and temperature scaling, with its one parameter, is used.

    Args:
        logits: (n, n_classes) float32, of validation films sorted by image id.
        class_index: (n,) int64, true class of each film.
        groups: (n,) patient (group) of each film.
        seed: Seed of the folds.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017 (the methods, and
    temperature as the safe one). Niculescu-Mizil and Caruana, ICML 2005 (isotonic regression
    overfits few films).
    """
    n_classes = logits.shape[1]
    patients = [groups[class_index == one].nunique() for one in range(n_classes)]
    if min(patients) < MIN_CLASS_PATIENTS:
        return CalibrationChoice(
            calibrator=fit_temperature(logits, class_index),
            chosen_by="temperature without a comparison, which needs"
            f" {MIN_CLASS_PATIENTS} patients of each class; the smallest class has {min(patients)}",
            log_losses=dict.fromkeys(FITS),
        )
    folds = patient_folds(class_index, groups, seed)
    losses = {name: _held_out_loss(fit, logits, class_index, folds) for name, fit in FITS.items()}
    chosen_by = f"lowest log loss on validation, {N_CALIBRATION_FOLDS} folds by patient"
    allowed = list(FITS)
    if len(logits) < MIN_ISOTONIC_FILMS:
        allowed.remove(IsotonicSteps.method)
        chosen_by += f"; isotonic needs {MIN_ISOTONIC_FILMS} films"
    best = min(allowed, key=lambda name: losses[name])
    return CalibrationChoice(
        calibrator=FITS[best](logits, class_index),
        chosen_by=chosen_by,
        log_losses=dict(losses),
    )


def patient_folds(class_index: ClassIndex, groups: pd.Series, seed: int) -> ClassIndex:
    """Fold of each film, 0 to 4: patients stay together, and each class is dealt out evenly.

    Args:
        class_index: (n,) int64; a patient counts for the lowest one of its films.
        groups: (n,) patient (group) of each film.
        seed: Seed of the order within a class.

    Returns:
        (n,) int64. It does not depend on the order of the films.
    """
    of_group = pd.Series(class_index).groupby(groups.to_numpy()).min().sort_index()
    shuffled = np.random.default_rng(seed).permutation(len(of_group))
    dealt = shuffled[np.argsort(of_group.to_numpy()[shuffled], kind="stable")]
    fold = np.empty(len(dealt), dtype=np.int64)
    fold[dealt] = np.arange(len(dealt)) % N_CALIBRATION_FOLDS
    return fold[of_group.index.get_indexer(pd.Index(groups))]


def class_log_loss(probabilities: Floats, class_index: ClassIndex) -> float:
    """Mean of -log(probability of the true class), in natural units; infinite after a sure miss.

    Example:
        >>> round(class_log_loss(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1])), 3)
        0.49
    """
    of_truth = probabilities[np.arange(len(class_index)), class_index]
    with np.errstate(divide="ignore"):
        return float(-np.log(of_truth).mean())


def fit_temperature(logits: Logits, class_index: ClassIndex) -> TemperatureScaling:
    """Temperature T with the lowest mean log loss of softmax(logits / T).

    A temperature above 1 means that the model was overconfident. With two classes the ranking of
    the films stays the same.

    Args:
        logits: (n, n_classes), of films outside the training split.
        class_index: (n,) int64, true class of each film.

    Example:
        >>> logits = np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
        >>> round(fit_temperature(logits, np.array([0, 0, 1, 1])).temperature, 1)
        3.6

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
    """
    exact, row = logits.astype(np.float64), np.arange(len(logits))

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(exact / np.exp(log_temperature), axis=1)
        return float(-scaled[row, class_index].mean())

    fit = minimize_scalar(loss, bounds=LOG_TEMPERATURE_RANGE, method="bounded")
    return TemperatureScaling(float(np.exp(fit.x)))


def fit_platt(logits: Logits, class_index: ClassIndex) -> PlattScaling:
    """Logistic curve for each class against the others, over its log-odds.

    Args:
        logits: (n, n_classes), of films outside the training split.
        class_index: (n,) int64, true class of each film.
    """
    odds = class_log_odds(logits)
    fits = [_logistic_curve(column, class_index == one) for one, column in enumerate(odds.T)]
    return PlattScaling(
        slopes=tuple(slope for slope, _ in fits),
        intercepts=tuple(intercept for _, intercept in fits),
    )


def _logistic_curve(odds: Floats, of_class: Bools) -> tuple[float, float]:
    """Slope and intercept with the lowest log loss; the targets are drawn in a little from 0 and 1.

    Source: Platt, "Probabilistic outputs for support vector machines", in Advances in Large Margin
    Classifiers, 1999 (the targets, which keep the slope finite where the classes do not overlap).
    """
    n_in, n_out = int(of_class.sum()), int((~of_class).sum())
    target = np.where(of_class, (n_in + 1) / (n_in + 2), 1 / (n_out + 2))

    def loss(line: Floats) -> tuple[float, Floats]:
        curve = line[0] * odds + line[1]
        value = -(target * log_expit(curve) + (1 - target) * log_expit(-curve)).mean()
        off = expit(curve) - target
        return float(value), np.array([(off * odds).mean(), off.mean()])

    fit = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS", options={"gtol": 1e-9})
    return float(fit.x[0]), float(fit.x[1])


def fit_isotonic(logits: Logits, class_index: ClassIndex) -> IsotonicSteps:
    """Rising line for each class against the others, over its log-odds.

    Its probabilities stay 1 / (n + 2) away from 0 and 1, because n films cannot show that a class
    is impossible, and one miss at 0 would have an infinite log loss.

    Args:
        logits: (n, n_classes), of films outside the training split.
        class_index: (n,) int64, true class of each film.

    Source: Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability
    estimates", KDD 2002. The limits are those of Laplace's rule of succession.
    """
    from sklearn.isotonic import IsotonicRegression

    edge = 1 / (len(logits) + 2)
    lines = [
        IsotonicRegression(y_min=edge, y_max=1 - edge).fit(column, class_index == one)
        for one, column in enumerate(class_log_odds(logits).T)
    ]
    return IsotonicSteps(
        log_odds=tuple(tuple(line.X_thresholds_.tolist()) for line in lines),
        probabilities=tuple(tuple(line.y_thresholds_.tolist()) for line in lines),
    )


def _fit_nothing(_: Logits, __: ClassIndex) -> NoCalibration:
    return NoCalibration()


FITS: dict[str, Callable[[Logits, ClassIndex], Calibrator]] = {  # fewest parameters first
    "none": _fit_nothing,
    "temperature": fit_temperature,
    "platt": fit_platt,
    "isotonic": fit_isotonic,
}


def _held_out_loss(
    fit: Callable[[Logits, ClassIndex], Calibrator],
    logits: Logits,
    class_index: ClassIndex,
    folds: ClassIndex,
) -> float:
    """Log loss over all films, each judged by a fit without its fold."""
    probabilities = np.empty(logits.shape, dtype=np.float64)
    for fold in range(N_CALIBRATION_FOLDS):
        rest, judged = folds != fold, folds == fold
        probabilities[judged] = fit(logits[rest], class_index[rest]).apply(logits[judged])
    return class_log_loss(probabilities, class_index)
