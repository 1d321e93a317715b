"""What a model leaves to a radiologist: sets of classes, risk and coverage, novel films."""

import math
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.decision.conformal_sets import ConformalSets
from tasks.core.decision.decision import Decision
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.metric_intervals import EstimateDict, with_interval
from tasks.evaluate.metrics import Scored

MAX_POINTS = 50  # of the risk-coverage curve; more cannot be seen


def evaluate_abstention(
    films: pd.DataFrame,
    decision: Decision,
    params: EvaluateParams,
    probes: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Check the promises of the sets of classes and of the novelty score on one set of films.

    Args:
        films: Rows of the predictions, of the test split or of an external cohort. A film without
            a label counts for the sizes of the sets, `referred` and `novelty` only.
        decision: What validation decided for the model.
        params: Section `evaluate`.
        probes: Result of `judge_probes`; None where no probe was made.

    Returns:
        `coverage`, the promise. `per_class`: `name`, `n_images`, `coverage`, the share of the films
        of a class whose set holds it, `expected`, the range of this share if the promise is kept
        (each patient counts once), and `is_always_held`, whether validation had too few films of
        the class, so that every set holds it. `overall`: the share of all films. `set_sizes`:
        number of films by the number of classes in their set. `referred`: share of films whose set
        holds not exactly one class, or that are novel or refused. `accuracy_of_kept`: share of the
        others that are called correctly. `risk_coverage` and `risk_coverage_area`: see
        `trace_risk`. `novelty`: its `threshold`, `flagged`, the share of films above it, and
        `probes`.

        Each share has `value`, `low` and `high`, a 95 % interval by patient; None if undefined.
    """
    probabilities = films[[f"prob_{name}" for name in decision.classes]].to_numpy(dtype=np.float64)
    sets = decision.conformal.sets(probabilities)
    truth = np.equal.outer(films["label"].to_numpy(), np.array(decision.classes, dtype=object))
    holds_truth, known = (sets & truth).any(axis=1), truth.any(axis=1)
    correct = _flags(films["called_class"] == films["label"])
    kept = ~_flags(films["is_referred"])
    everything = np.ones(len(films), dtype=bool)
    shares = _Shares(films["group_id"], params)
    return {
        "coverage": decision.conformal.coverage,
        "per_class": [
            {
                "name": name,
                "n_images": int(of_class.sum()),
                "coverage": shares.of(holds_truth, of_class),
                **_expectation(decision.conformal, index, films.loc[of_class, "group_id"]),
            }
            for index, (name, of_class) in enumerate(zip(decision.classes, truth.T, strict=True))
        ],
        "overall": shares.of(holds_truth, known),
        "set_sizes": _count_sizes(sets),
        "referred": shares.of(~kept, everything),
        "accuracy_of_kept": shares.of(correct, known & kept),
        **trace_risk(probabilities[known].max(axis=1), ~correct[known]),
        "novelty": {
            "threshold": decision.novelty.threshold,
            "flagged": shares.of(_flags(films["is_novel"]), everything),
            "probes": probes or [],
        },
    }


def _expectation(
    conformal: ConformalSets, index: int, patients: pd.Series
) -> dict[str, dict[str, float | None] | bool]:
    """What to expect of the coverage of one class: its range, or that it is always held."""
    low, high = conformal.expected_range(index, patients.nunique()) or (None, None)
    return {
        "expected": {"low": low, "high": high},
        "is_always_held": math.isinf(conformal.quantiles[index]),
    }


def trace_risk(confidence: Floats, wrong: Bools) -> dict[str, Any]:
    """The error rate of the films kept, when the least confident ones are referred first.

    Films of equal confidence are referred together.

    Args:
        confidence: (n,) float64, of the called class.
        wrong: (n,) whether the called class is not the true one.

    Returns:
        `risk_coverage`: at most `MAX_POINTS` points with `coverage`, the share of films kept, and
        `risk`, their error rate; the most confident films first, all films last. Empty without
        films. `risk_coverage_area`: mean of the risk over all numbers of films kept; None without
        films.

    Example:
        >>> found = trace_risk(np.array([0.9, 0.8, 0.7, 0.6]), np.array([0, 0, 1, 1], dtype=bool))
        >>> [round(point["risk"], 2) for point in found["risk_coverage"]]
        [0.0, 0.0, 0.33, 0.5]
        >>> round(found["risk_coverage_area"], 3)
        0.208

    Source:
        El-Yaniv and Wiener, Journal of Machine Learning Research 11:1605-1641, 2010. Geifman,
        Uziel and El-Yaniv, "Bias-reduced uncertainty estimation for deep neural classifiers",
        ICLR 2019 (area).
    """
    n = len(confidence)
    if n == 0:
        return {"risk_coverage": [], "risk_coverage_area": None}
    order = np.argsort(-confidence, kind="stable")
    last = np.flatnonzero(np.append(np.diff(confidence[order]) != 0, True))  # of each group of ties
    risk = np.cumsum(wrong[order])[last] / (last + 1)
    area = float(np.average(risk, weights=np.diff(last, prepend=-1)))
    shown = np.unique(np.linspace(0, len(last) - 1, MAX_POINTS).round().astype(int))
    points = [
        {"coverage": float(last[one] + 1) / n, "risk": float(risk[one])} for one in shown.tolist()
    ]
    return {"risk_coverage": points, "risk_coverage_area": area}


class _Shares:
    """Shares of films with 95 % intervals, from one bootstrap by patient."""

    def __init__(self, patients: pd.Series, params: EvaluateParams) -> None:
        self._patients = patients
        self._resamples = np.empty((params.n_bootstrap, 0))
        if len(patients):
            self._resamples = resample_patients(patients, params.n_bootstrap, params.seed)

    def of(self, hits: Bools, among: Bools) -> EstimateDict:
        """Share of hits among some of the films; None without films."""
        # It is a sensitivity: `among` are the films to be found, `hits` those that are
        scored = Scored(positive=among, called=hits, prob=hits.astype(np.float64))
        return with_interval("sensitivity", scored, self._patients, self._resamples)


def _count_sizes(sets: Bools) -> dict[str, int]:
    """Number of films by the number of classes in their set."""
    counts = np.bincount(sets.sum(axis=1), minlength=sets.shape[1] + 1)
    return {str(size): int(n) for size, n in enumerate(counts)}


def _flags(column: pd.Series) -> Bools:
    flags: Bools = column.fillna(False).to_numpy(dtype=bool)
    return flags
