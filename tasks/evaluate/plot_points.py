"""Points of the plots that `dvc plots show` draws, from the test split."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import calibration_curve
from sklearn.metrics import precision_recall_curve, roc_curve

from tasks.core.decision.decision import Decision

_N_BINS = 10  # of equal numbers of films, as in `metrics.calibration_error`

Points = list[dict[str, Any]]


def plot_points(predictions: pd.DataFrame, decision: Decision) -> dict[str, Points]:
    """Points of each plot of one model; dvc.yaml names their axes.

    The curves show a finding against none. Without a negative class they pool the classes: each
    film counts once for every class, as a film of that class or not (micro average).

    Args:
        predictions: Table from `predict_films`.
        decision: What validation decided for the model.

    Returns:
        Rows by the name of the plot's file: `roc`, `precision_recall`, `calibration`, and
        `confusion` with one row per film, because DVC's template counts the rows itself.
    """
    films = predictions[predictions["split"] == "test"]
    if decision.negative_class is None:
        prob = films[[f"prob_{name}" for name in decision.classes]].to_numpy().ravel()
        positive = np.equal.outer(films["label"].to_numpy(), decision.classes).ravel()
        truth, called = list(films["label"]), list(films["called_class"])
    else:
        prob, positive = films["prob_positive"].to_numpy(), films["positive"].to_numpy(dtype=bool)
        truth, called = _sides(films["positive"]), _sides(films["called_positive"])
    fpr, tpr, _ = roc_curve(positive, prob)
    precision, recall, _ = precision_recall_curve(positive, prob, drop_intermediate=True)
    frequency, mean_prob = calibration_curve(positive, prob, n_bins=_N_BINS, strategy="quantile")
    return {
        "roc": _points(fpr=fpr.tolist(), tpr=tpr.tolist()),
        "precision_recall": _points(recall=recall.tolist(), precision=precision.tolist()),
        "confusion": _points(actual=truth, predicted=called),
        "calibration": _points(
            mean_probability=mean_prob.tolist(), positive_share=frequency.tolist()
        ),
    }


def _points(**columns: Any) -> Points:
    rows = zip(*(list(values) for values in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _sides(positive: Any) -> list[str]:
    return ["positive" if side else "negative" for side in positive]
