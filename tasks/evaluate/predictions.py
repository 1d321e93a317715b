"""The table of predictions: one row per validation and test film."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import softmax

from tasks.core.params import EvaluateParams
from tasks.evaluate.calibration import fit_temperature
from tasks.evaluate.operating_point import choose_threshold
from tasks.evaluate.sides import require_negative_class

_OUTCOMES = {(True, True): "TP", (False, True): "FP", (False, False): "TN", (True, False): "FN"}


@dataclass(frozen=True)
class Choices:
    """Values that are fitted on the validation films only.

    temperature: divides the logits, see `calibration.fit_temperature`.
    threshold: probability from which on a film is called positive.
    """

    temperature: float
    threshold: float


def build_predictions(
    films: pd.DataFrame,
    logits: NDArray[np.float32],
    classes: tuple[str, ...],
    params: EvaluateParams,
) -> tuple[pd.DataFrame, Choices]:
    """Calibrate the probabilities, choose the threshold, and call every film.

    Args:
        films: Validation and test rows of the samples, aligned with `logits`.
        logits: (n, n_classes) float32.
        classes: Names of the classes, in the order of the logits.
        params: Section `evaluate`.

    Returns:
        The table, in the order of `films`, and the values fitted on validation.

    Raises:
        EvaluationError: The negative class is not one of the classes.
    """
    require_negative_class(classes, params)
    exact = logits.astype(np.float64)
    on_val = (films["split"] == "val").to_numpy()
    temperature = fit_temperature(exact[on_val], films["class_index"].to_numpy()[on_val])
    raw, calibrated = softmax(exact, axis=1), softmax(exact / temperature, axis=1)
    table = films.reset_index(drop=True)
    for index, name in enumerate(classes):
        table[f"logit_{name}"] = logits[:, index]
        table[f"prob_{name}_raw"] = raw[:, index]
        table[f"prob_{name}"] = calibrated[:, index]
    table["positive"] = table["label"] != params.negative_class
    table["prob_positive"] = 1.0 - table[f"prob_{params.negative_class}"]
    val = table[on_val]
    threshold = choose_threshold(
        val["prob_positive"].to_numpy(), val["positive"].to_numpy(), params.target_sensitivity
    )
    table["called_positive"] = table["prob_positive"] >= threshold
    calls = zip(table["positive"], table["called_positive"], strict=True)
    table["outcome"] = [_OUTCOMES[bool(truth), bool(call)] for truth, call in calls]
    return table, Choices(temperature=temperature, threshold=threshold)


def predictions_schema(classes: tuple[str, ...]) -> pa.Schema:
    """Columns of `data/predictions/<model>.parquet` for the given classes."""
    text = ["image_id", "path", "split", "label", "subtype", "site", "patient_id", "group_id"]
    per_class = [
        field
        for name in classes
        for field in (
            (f"logit_{name}", pa.float32()),
            (f"prob_{name}_raw", pa.float64()),
            (f"prob_{name}", pa.float64()),
        )
    ]
    return pa.schema(
        [(name, pa.string()) for name in text]
        + [("class_index", pa.int32())]
        + per_class
        + [
            ("positive", pa.bool_()),
            ("prob_positive", pa.float64()),
            ("called_positive", pa.bool_()),
            ("outcome", pa.string()),
        ]
    )
