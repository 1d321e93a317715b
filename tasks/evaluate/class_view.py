"""The view of N classes: the confusion matrix, and each class against the rest."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.auroc import weighted_auroc
from tasks.evaluate.call_counts import CALL_METRICS, CallCounts
from tasks.evaluate.class_means import ClassMetric
from tasks.evaluate.metric_intervals import EstimateDict, in_chunks, interval_of, patients_compared
from tasks.evaluate.metrics import Scored

# Each metric of a class against the rest, and its name for a two-sided decision
CLASS_METRICS = {
    "precision": "ppv",
    "recall": "sensitivity",
    "specificity": "specificity",
    "f1": "f1",
    "auroc": "auroc",
}
_N_CONFUSIONS = 5  # the most frequent ones


@dataclass(frozen=True)
class Confusion:
    """Films by true and called class, in the films and in each resample.

    cells: (1, N, N) float64, row: true class, column: called class. resampled: (R, N, N) float64.
    """

    cells: Floats
    resampled: Floats


def view_classes(
    films: pd.DataFrame, classes: tuple[str, ...], resamples: Floats
) -> dict[str, Any]:
    """Confusion matrix and metrics of each class; a film is called the likeliest class.

    Args:
        films: n rows of the predictions, whose labels are among the classes.
        classes: N names.
        resamples: (R, n) from `bootstrap.resample_patients`.

    Returns:
        `labels`; `matrix`, rows of truth and columns of calls, and `shares` of its rows;
        `per_class`, each class against the rest; `macro` means (every class counts the same) and
        `weighted` means (every film does) over the classes that have films; `accuracy`;
        `balanced_accuracy`, the macro recall; `top_confusions`. All but counts have intervals.
    """
    truth, called = (_positions(films[name], classes) for name in ("label", "called_class"))
    confusion = _count_films(truth, called, len(classes), resamples)
    of_class = [
        Scored(truth == k, called == k, films[f"prob_{name}"].to_numpy(dtype=np.float64))
        for k, name in enumerate(classes)
    ]
    metrics = _class_metrics(confusion, of_class, films["group_id"], resamples)
    n_films, n_resampled = confusion.cells[0].sum(axis=1), confusion.resampled.sum(axis=2)
    present = (n_films > 0).astype(float)
    always = np.broadcast_to(present, n_resampled.shape)
    n_patients = [sides[0] for sides in metrics["recall"].n_patients]
    shares = _row_shares(confusion, n_patients)
    return {
        "labels": list(classes),
        "matrix": confusion.cells[0].astype(int).tolist(),
        "shares": shares,
        "per_class": [
            {"name": name, "n_images": int(n_films[k]), "n_patients": n_patients[k]}
            | {metric: of_classes.of_class(k) for metric, of_classes in metrics.items()}
            for k, name in enumerate(classes)
        ],
        "macro": {name: metric.mean(present, always) for name, metric in metrics.items()},
        "weighted": {name: metric.mean(n_films, n_resampled) for name, metric in metrics.items()},
        "accuracy": _accuracy(confusion, int(films["group_id"].nunique())),
        "balanced_accuracy": metrics["recall"].mean(present, always),
        "top_confusions": _top_confusions(confusion, shares, classes),
    }


def _positions(names: pd.Series, classes: tuple[str, ...]) -> NDArray[np.int64]:
    return pd.Index(classes).get_indexer(pd.Index(names)).astype(np.int64)


def _count_films(
    truth: NDArray[np.int64], called: NDArray[np.int64], n_classes: int, resamples: Floats
) -> Confusion:
    member = np.equal.outer(truth * n_classes + called, np.arange(n_classes**2)).astype(float)
    shape = (-1, n_classes, n_classes)
    return Confusion(
        cells=member.sum(axis=0).reshape(shape), resampled=(resamples @ member).reshape(shape)
    )


def _against_the_rest(cells: Floats) -> CallCounts:
    """CallCounts of (R, N), each class against the rest, from (R, N, N) films."""
    tp = np.diagonal(cells, axis1=1, axis2=2)
    fp, fn = cells.sum(axis=1) - tp, cells.sum(axis=2) - tp
    return CallCounts(tp=tp, fp=fp, fn=fn, tn=cells.sum(axis=(1, 2))[:, np.newaxis] - tp - fp - fn)


def _class_metrics(
    confusion: Confusion, of_class: list[Scored], patients: pd.Series, resamples: Floats
) -> dict[str, ClassMetric]:
    counts = _against_the_rest(confusion.cells)
    resampled = _against_the_rest(confusion.resampled)

    def aurocs(weights: Floats) -> Floats:
        columns = [weighted_auroc(one.prob, one.positive, weights) for one in of_class]
        return np.stack(columns, axis=1)

    found = {}
    for name, source in CLASS_METRICS.items():
        if source == "auroc":
            values = aurocs(np.ones((1, len(patients))))[0]
            replicates = in_chunks(aurocs, resamples)
        else:
            values, replicates = CALL_METRICS[source](counts)[0], CALL_METRICS[source](resampled)
        n_patients = [patients_compared(source, one, patients) for one in of_class]
        found[name] = ClassMetric(source, values, replicates, n_patients)
    return found


def _row_shares(confusion: Confusion, n_patients: list[int]) -> list[list[EstimateDict]]:
    """Share of the films of each class that is called each class: the recall of that call."""
    values, replicates = (
        cells / np.where(total > 0, total, np.nan)
        for cells in (confusion.cells, confusion.resampled)
        for total in [cells.sum(axis=2, keepdims=True)]
    )
    size = range(values.shape[1])
    return [
        [
            interval_of("sensitivity", float(values[0, i, j]), replicates[:, i, j], [n_patients[i]])
            for j in size
        ]
        for i in size
    ]


def _accuracy(confusion: Confusion, n_patients: int) -> EstimateDict:
    value, replicates = (
        np.trace(cells, axis1=1, axis2=2) / np.where(total > 0, total, np.nan)
        for cells in (confusion.cells, confusion.resampled)
        for total in [cells.sum(axis=(1, 2))]
    )
    return interval_of("accuracy", float(value[0]), replicates, [n_patients])


def _top_confusions(
    confusion: Confusion, shares: list[list[EstimateDict]], classes: tuple[str, ...]
) -> list[dict[str, Any]]:
    """The most frequent wrong calls, most films first."""
    cells = confusion.cells[0].astype(int)
    wrong = [(i, j) for i, j in np.argwhere(cells > 0).tolist() if i != j]
    wrong.sort(key=lambda pair: (-cells[pair], pair))
    return [
        {
            "truth": classes[i],
            "called": classes[j],
            "n_images": int(cells[i, j]),
            "share": shares[i][j],
        }
        for i, j in wrong[:_N_CONFUSIONS]
    ]
