"""All choices for one model, made on its validation films."""

from typing import Any

import numpy as np
import pandas as pd

from tasks.core.classifier import INPUT, Contract
from tasks.core.decision.hashes import hash_films
from tasks.core.decision.log_odds import Logits
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Floats
from tasks.evaluate.contract.calibration_fit import choose_calibration
from tasks.evaluate.contract.conformal_fit import fit_conformal_sets
from tasks.evaluate.contract.operating_points import choose_operating_points
from tasks.evaluate.sides import require_negative_class

# Training films behind the novelty score: plenty for its widest directions, of which it keeps 32
MAX_REFERENCE_FILMS = 2000


def draw_reference(films: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Films that the novelty score compares with: all, or 2,000 of them, in their order.

    Args:
        films: Training rows of the samples, sorted by image id.
        seed: Seed of the draw.
    """
    if len(films) <= MAX_REFERENCE_FILMS:
        return films
    drawn = np.random.default_rng(seed).choice(len(films), MAX_REFERENCE_FILMS, replace=False)
    return films.iloc[np.sort(drawn)]


def decide(
    films: pd.DataFrame,
    logits: Logits,
    network: Contract,
    network_sha256: str,
    params: EvaluateParams,
) -> dict[str, Any]:
    """Choose calibration, operating points and conformal sets.

    Args:
        films: Validation rows of the samples, sorted by image id, with the classes of the network.
        logits: (n, n_classes) float32, aligned with `films`.
        network: What the network promises.
        network_sha256: Hash of its file.
        params: Section `evaluate`.

    Returns:
        The contract, without the novelty reference and without its own hash.

    Raises:
        EvaluationError: The negative class is not one of the classes, or validation has positive
            films only, or negative films only.
    """
    class_index = films["label"].map(network.classes.index).to_numpy(dtype=np.int64)
    choice = choose_calibration(logits, class_index, films["group_id"], params.seed)
    probabilities = choice.calibrator.apply(logits)
    conformal = fit_conformal_sets(probabilities, class_index, params.coverage)
    return {
        "model": network.model,
        "classes": list(network.classes),
        "negative_class": params.negative_class,
        "network": {
            "sha256": network_sha256,
            "size_px": network.size_px,
            "precision": network.precision,
            "input": INPUT,
        },
        "calibration": {
            "method": choice.calibrator.method,
            "parameters": choice.calibrator.as_dict(),
            "fitted_on": "validation",
            "chosen_by": choice.chosen_by,
            "candidates": [
                {"method": method, "log_loss": loss} for method, loss in choice.log_losses.items()
            ],
        },
        **_operating_points(films, probabilities, network.classes, params),
        "conformal": conformal.as_dict(),
        "validation": {
            "films_sha256": hash_films(films["image_id"], films["label"]),
            "n_images": len(films),
            "n_patients": int(films["group_id"].nunique()),
        },
    }


def _operating_points(
    films: pd.DataFrame, probabilities: Floats, classes: tuple[str, ...], params: EvaluateParams
) -> dict[str, Any]:
    """Operating points, and the name of the one that calls the films."""
    if params.negative_class is None:
        return {"operating_points": [], "operating_point": None}
    require_negative_class(classes, params)
    points = choose_operating_points(
        1.0 - probabilities[:, classes.index(params.negative_class)],
        (films["label"] != params.negative_class).to_numpy(),
        target_sensitivity=params.target_sensitivity,
        target_specificity=params.target_specificity,
        missed_finding_cost=params.missed_finding_cost,
    )
    return {
        "operating_points": [vars(point) for point in points],
        "operating_point": params.operating_point,
    }
