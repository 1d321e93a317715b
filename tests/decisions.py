"""A decision of validation, for tests of what follows it."""

from functools import cache

import numpy as np

from tasks.core.decision.calibrators import NoCalibration
from tasks.core.decision.conformal_sets import ConformalSets
from tasks.core.decision.decision import Decision, OperatingPoint
from tasks.core.decision.novelty_score import NoveltyReference
from tasks.core.decision.threshold_choice import ON_VALIDATION, ThresholdChoice
from tasks.evaluate.contract.novelty_fit import fit_novelty
from tests.cohorts import CLASSES


def operating_point(name: str, threshold: float) -> OperatingPoint:
    """Return a point that reaches 0.9 on both sides of validation."""
    return OperatingPoint(name, threshold, rule="by hand", sensitivity=0.9, specificity=0.9)


@cache
def novelty_reference(size_px: int = 16, n_features: int = 4) -> NoveltyReference:
    """Fit a reference to noise."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, n_features)).astype(np.float32)
    images = rng.integers(0, 256, (60, size_px, size_px, 1), dtype=np.uint8)
    return fit_novelty(features[:40], images[:40], features[40:], images[40:], 0.1)


def decision(**changes: object) -> Decision:
    """Return a decision on two classes that calls a film positive from 0.4 on."""
    values: dict[str, object] = {
        "model": "minivggnet",
        "classes": CLASSES,
        "negative_class": CLASSES[0],
        "network_sha256": "n" * 64,
        "calibrator": NoCalibration(),
        "candidates": dict.fromkeys(("none", "temperature", "platt", "isotonic")),
        "chosen_by": "by hand",
        "operating_points": (
            operating_point("half", 0.5),
            operating_point("target_sensitivity", 0.4),
        ),
        "operating_point": "target_sensitivity",
        "threshold_choice": ThresholdChoice(ON_VALIDATION, ()),
        "conformal": ConformalSets(coverage=0.9, quantiles=(0.6, 0.6)),
        "novelty": novelty_reference(),
        "validation_sha256": "v" * 64,
        "sha256": "d" * 64,
    }
    return Decision(**values | changes)  # type: ignore[arg-type]
