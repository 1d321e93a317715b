"""Calibrated probabilities from the logits of a network, by parameters that JSON can hold.

Nothing here fits anything, so a program that screens films needs NumPy only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tasks.core.decision.log_odds import Logits, class_log_odds, class_softmax, logistic_curve
from tasks.core.statistics.arrays import Floats

LOG_TEMPERATURE_RANGE = (-3.0, 3.0)  # temperatures of 0.05 to 20; the usual fit is near 1


@dataclass(frozen=True)
class TemperatureScaling:
    """Softmax of logits / temperature; a temperature above 1 means an overconfident network."""

    method: ClassVar[str] = "temperature"
    temperature: float

    def apply(self, logits: Logits) -> Floats:
        """Probabilities of each class.

        Args:
            logits: (n, n_classes).

        Returns:
            (n, n_classes) float64 in [0, 1]; each row sums to 1.
        """
        return class_softmax(logits.astype(np.float64) / self.temperature)

    def as_dict(self) -> dict[str, Any]:
        """Parameters for a JSON file."""
        return {"temperature": self.temperature}


@dataclass(frozen=True)
class NoCalibration(TemperatureScaling):
    """Softmax of the logits."""

    method: ClassVar[str] = "none"
    temperature: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        """Return no parameters: there are none."""
        return {}


@dataclass(frozen=True)
class PlattScaling:
    """Logistic curve over the log-odds of each class, normalised over the classes.

    slopes, intercepts: (n_classes,), in units of log-odds.
    """

    method: ClassVar[str] = "platt"
    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]

    def apply(self, logits: Logits) -> Floats:
        """Probabilities of each class: (n, n_classes) logits -> (n, n_classes) float64."""
        curves = np.array(self.slopes) * class_log_odds(logits) + np.array(self.intercepts)
        return _normalised(logistic_curve(curves))

    def as_dict(self) -> dict[str, Any]:
        """Parameters for a JSON file."""
        return {"slopes": list(self.slopes), "intercepts": list(self.intercepts)}


@dataclass(frozen=True)
class IsotonicSteps:
    """Rising line through points, over the log-odds of each class, normalised over the classes.

    log_odds, probabilities: for each class its points; outside them the line is level.
    """

    method: ClassVar[str] = "isotonic"
    log_odds: tuple[tuple[float, ...], ...]
    probabilities: tuple[tuple[float, ...], ...]

    def apply(self, logits: Logits) -> Floats:
        """Probabilities of each class: (n, n_classes) logits -> (n, n_classes) float64."""
        columns = zip(class_log_odds(logits).T, self.log_odds, self.probabilities, strict=True)
        return _normalised(np.stack([np.interp(*column) for column in columns], axis=1))

    def as_dict(self) -> dict[str, Any]:
        """Parameters for a JSON file."""
        return {
            "log_odds": [list(points) for points in self.log_odds],
            "probabilities": [list(points) for points in self.probabilities],
        }


Calibrator = NoCalibration | TemperatureScaling | PlattScaling | IsotonicSteps


def read_calibrator(method: str, parameters: Mapping[str, Any]) -> Calibrator:
    """Make the calibrator that a contract describes.

    Args:
        method: none, temperature, platt or isotonic.
        parameters: As written by `as_dict` of that calibrator.

    Raises:
        KeyError: The method is unknown, or a parameter is missing.

    Example:
        >>> read_calibrator("temperature", {"temperature": 2.0}).apply(np.array([[0.0, 0.0]]))
        array([[0.5, 0.5]])
    """
    if method == NoCalibration.method:
        return NoCalibration()
    if method == TemperatureScaling.method:
        return TemperatureScaling(float(parameters["temperature"]))
    if method == PlattScaling.method:
        return PlattScaling(_numbers(parameters["slopes"]), _numbers(parameters["intercepts"]))
    if method == IsotonicSteps.method:
        return IsotonicSteps(
            log_odds=tuple(_numbers(points) for points in parameters["log_odds"]),
            probabilities=tuple(_numbers(points) for points in parameters["probabilities"]),
        )
    raise KeyError(method)


def _normalised(scores: Floats) -> Floats:
    shares: Floats = scores / scores.sum(axis=1, keepdims=True)
    return shares


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
