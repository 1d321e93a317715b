"""What validation decided for one model: written once, hashed, and read before any other film.

A decision cannot be changed unnoticed: its file holds the hash of its own content, of the network
and of the novelty reference, and `read_decision` compares all three.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core import paths
from tasks.core.decision.calibrators import Calibrator, read_calibrator
from tasks.core.decision.conformal_sets import ConformalSets
from tasks.core.decision.hashes import hash_file, hash_json
from tasks.core.decision.novelty_score import NoveltyReference, load_novelty
from tasks.core.decision.threshold_choice import ThresholdChoice
from tasks.core.errors import EvaluationError

# Raised by JSON with another form; a whole number may be too large for a float
_DAMAGE = (AttributeError, KeyError, OverflowError, TypeError, ValueError)


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold, the rule that chose it, and what it reaches on the unchanged validation films.

    A film is called positive when its probability of a finding is at least `threshold`. A
    threshold above the highest probability of validation calls none of those films.
    """

    name: str
    threshold: float
    rule: str
    sensitivity: float
    specificity: float


@dataclass(frozen=True)
class Decision:
    """How the outputs of one network become calls, as decided on validation films only.

    negative_class: None if no class means "no finding"; then there are no operating points.
    operating_point: name of the one that calls the films; None without a negative class.
    threshold_choice: the films that chose the thresholds, and what is found on them.
    candidates: log loss of each method of calibration, for patients outside its fit; None where
        the methods were not compared. chosen_by: how the method was chosen.
    validation_sha256: see `hash_films`. sha256: of the contract, hex.
    """

    model: str
    classes: tuple[str, ...]
    negative_class: str | None
    network_sha256: str
    calibrator: Calibrator
    candidates: Mapping[str, float | None]
    chosen_by: str
    operating_points: tuple[OperatingPoint, ...]
    operating_point: str | None
    threshold_choice: ThresholdChoice
    conformal: ConformalSets
    novelty: NoveltyReference
    validation_sha256: str
    sha256: str

    @property
    def threshold(self) -> float | None:
        """Probability of a finding from which on a film is called positive."""
        if self.operating_point is None:
            return None
        return {point.name: point.threshold for point in self.operating_points}[
            self.operating_point
        ]

    def points_by_name(self) -> dict[str, dict[str, Any]]:
        """Threshold and rule of each operating point, and whether it calls the films."""
        return {
            point.name: {
                "threshold": point.threshold,
                "rule": point.rule,
                "chosen": point.name == self.operating_point,
            }
            for point in self.operating_points
        }


def read_decision(model: str) -> Decision:
    """Read what validation decided for a model, and check that it belongs to the network.

    Args:
        model: Name of the model.

    Raises:
        EvaluationError: The contract is missing, damaged, was edited, or is that of another
            network or novelty reference.
    """
    path = paths.decision_file(model)
    values = _read_contract(path)
    try:
        _require_same(path, values["model"], model)
        network = paths.network_file(paths.model_dir(model))
        _require_same(network, values["network"]["sha256"], _hash_of(network))
        novelty = paths.novelty_file(model)
        _require_same(novelty, values["novelty"]["sha256"], _hash_of(novelty))
    except _DAMAGE as error:
        raise _broken_contract(str(path), f"{type(error).__name__}: {error}") from error
    return decision_from(values, load_novelty(novelty), str(path))


def decision_from(values: Mapping[str, Any], novelty: NoveltyReference, where: str) -> Decision:
    """Make a decision from the values of a sealed contract, wherever they were read.

    Args:
        values: All of `contract.json`, after `require_seal`.
        novelty: What films are compared with; the caller has compared its hash.
        where: Named in the error.

    Raises:
        EvaluationError: A part is missing, has another form, or does not suit the classes.
    """
    try:
        return _checked(_unchecked(values, novelty))
    except _DAMAGE as error:
        raise _broken_contract(where, f"{type(error).__name__}: {error}") from error


def require_seal(values: Any, where: str) -> None:
    """Check that a contract was not edited: compare its hash with its content.

    Args:
        values: All of `contract.json`.
        where: Named in the error.

    Raises:
        EvaluationError: The content has another hash, or the contract has none.
    """
    try:
        seal = values["sha256"]
        found = hash_json({key: value for key, value in values.items() if key != "sha256"})
    except (*_DAMAGE, RecursionError) as error:
        raise _broken_contract(where, f"{type(error).__name__}: {error}") from error
    if seal != found:
        raise _broken_contract(where, f"content with the hash {found}, but the hash {seal}")


def _read_contract(path: Path) -> dict[str, Any]:
    """Read a contract from its file, and check its seal."""
    try:
        values: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise _broken_contract(str(path), "no such file") from error
    except (ValueError, RecursionError) as error:
        raise _broken_contract(str(path), f"{type(error).__name__}: {error}") from error
    require_seal(values, str(path))
    return values


def _hash_of(path: Path) -> str:
    try:
        return hash_file(path)
    except FileNotFoundError as error:
        raise _broken_contract(str(path), "no such file") from error


def _require_same(path: Path, promised: str, found: str) -> None:
    if promised != found:
        raise _broken_contract(str(path), f"{found}, but the contract says {promised}")


def _unchecked(values: Mapping[str, Any], novelty: NoveltyReference) -> Decision:
    calibration = values["calibration"]
    points = tuple(OperatingPoint(**point) for point in values["operating_points"])
    return Decision(
        model=values["model"],
        classes=tuple(values["classes"]),
        negative_class=values["negative_class"],
        network_sha256=values["network"]["sha256"],
        calibrator=read_calibrator(calibration["method"], calibration["parameters"]),
        candidates={row["method"]: row["log_loss"] for row in calibration["candidates"]},
        chosen_by=calibration["chosen_by"],
        operating_points=points,
        operating_point=values["operating_point"],
        threshold_choice=ThresholdChoice.from_dict(values.get("threshold_on")),
        conformal=ConformalSets.from_dict(values["conformal"]),
        novelty=novelty,
        validation_sha256=values["validation"]["films_sha256"],
        sha256=values["sha256"],
    )


def _checked(decision: Decision) -> Decision:
    """Return it; ValueError if a part does not suit the classes, or a threshold is no number."""
    n_classes, conformal = len(decision.classes), decision.conformal
    if not all(isinstance(name, str) for name in (decision.model, *decision.classes)):
        raise ValueError("a name is no text")
    if len(set(decision.classes)) < n_classes:
        raise ValueError("a class is named twice")
    if (decision.threshold is None) != (decision.negative_class is None):
        raise ValueError("operating points need a negative class")
    if decision.negative_class not in (None, *decision.classes):
        raise ValueError(f"the negative class {decision.negative_class} is none of the classes")
    if not len(conformal.quantiles) == len(conformal.n_films) == n_classes:
        raise ValueError(f"conformal sets of another number of classes than {n_classes}")
    thresholds = [point.threshold for point in decision.operating_points]
    if not all(isinstance(one, float) and math.isfinite(one) for one in thresholds):
        raise ValueError("a threshold is no number")
    with np.errstate(all="ignore"):
        probabilities = decision.calibrator.apply(np.zeros((1, n_classes)))
    if not np.isfinite(probabilities).all():
        raise ValueError("the calibration gives no probabilities")
    return decision


def _broken_contract(where: str, found: str) -> EvaluationError:
    return EvaluationError(
        "what validation decided for a model must be complete, unchanged, and of this network",
        found=found,
        where=where,
        next_step="run `dvc repro`, which decides again on the validation films",
    )
