"""Two models on the same films: differences, their intervals, and p values by patient."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.bootstrap import percentile_interval, resample_patients
from tasks.core.statistics.delong import auroc_difference, difference_interval, two_sided_p
from tasks.core.statistics.mcnemar import mcnemar_p
from tasks.core.statistics.multiple_tests import holm
from tasks.evaluate.comparison.prediction_tables import require_same_films
from tasks.evaluate.metric_intervals import MIN_DEFINED_SHARE, EstimateDict

COLUMNS = (
    *("image_id", "label", "group_id", "positive", "prob_positive", "called_positive"),
    "called_class",
)
MEASURES = ("auroc", "accuracy", "sensitivity", "specificity")
SIGNIFICANCE = 0.05  # of the corrected p value; the usual level
RULE = (
    "AUROC: DeLong's test with the variance of Obuchowski (1997), by patient. Accuracy, sensitivity"
    " and specificity: exact McNemar test on the calls, in which the films of a patient change sign"
    " together; intervals from a paired bootstrap by patient. P values are corrected for all pairs"
    " and measures (Holm). A model is better if it is on some measure, and worse on none, at a"
    " corrected p value below 0.05."
)


@dataclass(frozen=True)
class Measured:
    """A measure of model a less that of model b on the same films. p: None where undefined."""

    name: str
    difference: EstimateDict
    p: float | None


def compare_models(
    films: Mapping[str, pd.DataFrame], n_bootstrap: int, seed: int
) -> dict[str, Any]:
    """Compare every pair of models.

    Args:
        films: From `read_test_films`, by the name of the model.
        n_bootstrap: Bootstrap samples for each interval.
        seed: Seed of the bootstrap.

    Returns:
        Content of comparison.json. `gap` says why there are no pairs, or is None. A difference is
        that of `a` less that of `b`. `p_corrected` of a pair is the smallest of its measures.

    Raises:
        EvaluationError: Two models were evaluated on different films.
    """
    require_same_films(films)
    names = list(films)
    first = films[names[0]]
    pairs = list(combinations(names, 2))
    resamples = resample_patients(first["group_id"], n_bootstrap if pairs else 0, seed)
    measured = [compare_pair(films[a], films[b], resamples) for a, b in pairs]
    return {
        "models": names,
        "films": "test",
        "n_images": len(first),
        "n_patients": int(first["group_id"].nunique()),
        "gap": None if pairs else "there is one model, and a comparison needs two",
        "rule": RULE,
        "n_tests": sum(one.p is not None for pair in measured for one in pair),
        "pairs": [
            _pair(a, b, rows) for (a, b), rows in zip(pairs, corrected(measured), strict=True)
        ],
    }


def compare_pair(one: pd.DataFrame, other: pd.DataFrame, resamples: Floats) -> list[Measured]:
    """Every measure of one model less that of another.

    Args:
        one: (n) rows with `COLUMNS` of the first model.
        other: The same films of the second model, aligned with `one`.
        resamples: (R, n) from `resample_patients`.

    Returns:
        One entry for each of `MEASURES`. Without a negative class a call is the called class, and
        only accuracy is defined.
    """
    everything = np.ones(len(one), dtype=bool)
    if one["positive"].isna().any() or other["called_positive"].isna().any():
        right = _right(one, "called_class", "label"), _right(other, "called_class", "label")
        ranked = Measured("auroc", _estimate(None), None)
        of_side = {"sensitivity": ~everything, "specificity": ~everything}
    else:
        right = (
            _right(one, "called_positive", "positive"),
            _right(other, "called_positive", "positive"),
        )
        positive = one["positive"].to_numpy(dtype=bool)
        ranked = _compare_auroc(one, other, positive)
        of_side = {"sensitivity": positive, "specificity": ~positive}
    among = {"accuracy": everything} | of_side
    return [
        ranked,
        *(
            _compare_share(name, right, among[name], one["group_id"], resamples)
            for name in MEASURES[1:]
        ),
    ]


def _right(films: pd.DataFrame, call: str, truth: str) -> Bools:
    return (films[call] == films[truth]).to_numpy(dtype=bool)


def _compare_auroc(one: pd.DataFrame, other: pd.DataFrame, positive: Bools) -> Measured:
    scores = [films["prob_positive"].to_numpy(dtype=np.float64) for films in (one, other)]
    difference, error = auroc_difference(scores[0], scores[1], positive, one["group_id"])
    if difference is None or error is None:
        return Measured("auroc", _estimate(difference), None)
    p = two_sided_p(difference, error)
    ends = difference_interval(difference, error) if error > 0 else None
    return Measured("auroc", _estimate(difference, ends), p)


def _compare_share(
    name: str,
    right: tuple[Bools, Bools],
    among: Bools,
    groups: pd.Series,
    resamples: Floats,
) -> Measured:
    """The share of right calls among some films; no interval where the models never differ."""
    if not among.any():
        return Measured(name, _estimate(None), None)
    change = right[0].astype(np.float64) - right[1].astype(np.float64)
    weights = resamples * among
    totals = weights.sum(axis=1)
    drawn = totals > 0
    replicates = (weights @ change)[drawn] / totals[drawn]
    ends = None
    if drawn.mean() >= MIN_DEFINED_SHARE and np.ptp(replicates) > 0:
        ends = percentile_interval(replicates)
    p = mcnemar_p(right[0][among], right[1][among], groups[among])
    return Measured(name, _estimate(float(change[among].mean()), ends), p)


def _estimate(value: float | None, ends: tuple[float, float] | None = None) -> EstimateDict:
    low, high = ends or (None, None)
    return {"value": value, "low": low, "high": high}


def corrected(pairs: list[list[Measured]]) -> list[list[dict[str, Any]]]:
    """Every measure of every pair with its p value corrected for all of them (Holm).

    Returns:
        In the same order: `measure`, `difference`, `p`, `p_corrected`, and `better`: `a`, `b`, or
        None where the corrected p value supports neither.
    """
    tested = [one.p for pair in pairs for one in pair if one.p is not None]
    raised = iter(holm(np.array(tested, dtype=np.float64)).tolist())
    return [
        [_row(one, next(raised) if one.p is not None else None) for one in pair] for pair in pairs
    ]


def _row(measured: Measured, p_corrected: float | None) -> dict[str, Any]:
    value = measured.difference["value"]
    is_real = p_corrected is not None and p_corrected < SIGNIFICANCE
    better = ("a" if value > 0 else "b") if is_real and value else None
    return {
        "measure": measured.name,
        "difference": measured.difference,
        "p": measured.p,
        "p_corrected": p_corrected,
        "better": better,
    }


def _pair(a: str, b: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    by_name = {row["measure"]: row for row in rows}
    sides = {row["better"] for row in rows} - {None}
    smallest = [row["p_corrected"] for row in rows if row["p_corrected"] is not None]
    return {
        "a": a,
        "b": b,
        **{f"{name}_difference": by_name[name]["difference"] for name in MEASURES},
        "delong_p": by_name["auroc"]["p"],
        "mcnemar_p": by_name["accuracy"]["p"],
        "p_corrected": min(smallest, default=None),
        "better": {"a": a, "b": b}[sides.pop()] if len(sides) == 1 else None,
        "measures": rows,
    }
