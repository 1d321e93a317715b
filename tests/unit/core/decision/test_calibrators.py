import json
import math

import numpy as np
import pytest
from scipy.special import expit, softmax

from tasks.core.decision.calibrators import (
    IsotonicSteps,
    NoCalibration,
    PlattScaling,
    TemperatureScaling,
    read_calibrator,
)

LOGITS = np.random.default_rng(0).normal(0, 3, (50, 3)).astype(np.float32)
ALL = [
    NoCalibration(),
    TemperatureScaling(1.7),
    PlattScaling((1.5, 0.5, 1.0), (0.1, -2.0, 0.3)),
    IsotonicSteps(((-1.0, 0.0, 2.0),) * 3, ((0.1, 0.4, 0.9),) * 3),
]


@pytest.mark.parametrize("calibrator", ALL, ids=lambda one: one.method)
def test_probabilities_are_float64_and_sum_to_one(calibrator):
    found = calibrator.apply(LOGITS)
    assert (found.dtype, found.shape) == (np.float64, (50, 3))
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


@pytest.mark.parametrize("calibrator", ALL, ids=lambda one: one.method)
def test_parameters_pass_through_json_without_a_change(calibrator):
    text = json.dumps(calibrator.as_dict(), allow_nan=False)
    assert read_calibrator(calibrator.method, json.loads(text)) == calibrator


def test_no_calibration_and_temperature_are_softmax():
    exact = LOGITS.astype(np.float64)
    np.testing.assert_allclose(NoCalibration().apply(LOGITS), softmax(exact, axis=1))
    np.testing.assert_allclose(TemperatureScaling(2.0).apply(LOGITS), softmax(exact / 2, axis=1))


def test_platt_of_two_classes_by_hand():
    # log-odds of the second class: 2 - 1 = 1; curves 0.5 * -1 - 1 = -1.5 and 0.5 * 1 + 1 = 1.5
    found = PlattScaling((0.5, 0.5), (-1.0, 1.0)).apply(np.array([[1.0, 2.0]]))
    np.testing.assert_allclose(found, [[1 - expit(1.5), expit(1.5)]])


def test_isotonic_of_two_classes_by_hand():
    # log-odds of the second class: 1 is half-way from 0 to 2, so 0.5; the first class mirrors it
    steps = IsotonicSteps(((-2.0, 0.0), (0.0, 2.0)), ((0.2, 0.8), (0.2, 0.8)))
    logits = np.array([[0.0, 1.0], [0.0, 9.0], [9.0, 0.0]])
    np.testing.assert_allclose(steps.apply(logits)[:, 1], [0.5, 0.8, 0.2])


def test_three_curves_are_normalised_by_hand():
    # equal logits: each log-odds is -log 2, so each curve gives expit(intercept)
    platt = PlattScaling((0.0, 0.0, 0.0), (0.0, 0.0, math.log(3)))
    np.testing.assert_allclose(
        platt.apply(np.zeros((1, 3))), [[0.5 / 1.75, 0.5 / 1.75, 0.75 / 1.75]]
    )


def test_unknown_method_and_missing_parameter_are_errors():
    with pytest.raises(KeyError, match="beta"):
        read_calibrator("beta", {})
    with pytest.raises(KeyError, match="temperature"):
        read_calibrator("temperature", {})
