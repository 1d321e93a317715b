"""Films with a known class, judged by what validation decided: at home, abroad or disturbed.

All judgements of the same films share one bootstrap by patient, so that two of them can be
compared film by film.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.errors import EvaluationError
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.auroc import auroc_interval, weighted_auroc
from tasks.core.statistics.bootstrap import percentile_interval, resample_patients
from tasks.evaluate.metric_intervals import (
    MIN_DEFINED_SHARE,
    EstimateDict,
    undefined,
    with_interval,
)
from tasks.evaluate.metrics import METRICS, Scored

if TYPE_CHECKING:
    from tasks.core.decision.decision import Decision


@dataclass(frozen=True)
class JudgedFilms:
    """Films, their classes and patients, and the decision that judges them.

    class_index: (n,) int64, positions in the classes of the decision.
    patients: (n,) patient of each film. resamples: (R, n) from `resample_patients`.
    """

    decision: "Decision"
    class_index: NDArray[np.int64]
    patients: pd.Series
    resamples: Floats

    def scored(self, probabilities: Floats, threshold: float | None) -> Scored | None:
        """Truth and calls of the two-sided view; None if no class means "no finding".

        Args:
            probabilities: (n, n_classes) calibrated.
            threshold: Probability of a finding from which on a film is called positive.
        """
        if self.decision.negative_class is None or threshold is None:
            return None
        negative = self.decision.classes.index(self.decision.negative_class)
        prob = 1.0 - probabilities[:, negative]
        return Scored(positive=self.class_index != negative, called=prob >= threshold, prob=prob)


def judged_films(films: pd.DataFrame, decision: "Decision", params: EvaluateParams) -> JudgedFilms:
    """Prepare films for any number of judgements.

    Args:
        films: One row per film with its `label`, one of the classes, and its `group_id`.
        decision: What validation decided.
        params: Section `evaluate`.

    Raises:
        EvaluationError: A film has another class than the model.
    """
    names = list(decision.classes)
    others = sorted({str(label) for label in films["label"]} - set(names))
    if others:
        raise EvaluationError(
            "a film must have one of the classes of the model to be judged",
            found=", ".join(others),
            where=f"{len(films)} films, for a model with the classes {', '.join(names)}",
            next_step="run `dvc repro`, which trains and decides on these films",
        )
    patients = films["group_id"].reset_index(drop=True)
    return JudgedFilms(
        decision=decision,
        class_index=np.array([names.index(label) for label in films["label"]], dtype=np.int64),
        patients=patients,
        resamples=resample_patients(patients, params.n_bootstrap, params.seed),
    )


def judge_metric(
    name: str, films: JudgedFilms, probabilities: Floats, threshold: float | None
) -> EstimateDict:
    """One metric with its 95 % interval by patient.

    Without a negative class AUROC is the mean of the classes, each against the rest, and every
    other metric is undefined.

    Args:
        name: Key of `METRICS`.
        films: The n films.
        probabilities: (n, n_classes) calibrated.
        threshold: Probability of a finding from which on a film is called positive.
    """
    scored = films.scored(probabilities, threshold)
    if scored is not None:
        return with_interval(name, scored, films.patients, films.resamples)
    if name != "auroc":
        return undefined()
    value = float(_macro_auroc(films, probabilities, np.ones((1, len(probabilities))))[0])
    if np.isnan(value):
        return undefined()
    low, high = _ends(_macro_auroc(films, probabilities, films.resamples))
    if low is not None and low == high and value in (0.0, 1.0):
        low, high = _limit_of_macro_auroc(films, value)
    return {"value": value, "low": low, "high": high}


def paired_difference(
    name: str,
    films: JudgedFilms,
    before: tuple[Floats, float | None],
    after: tuple[Floats, float | None],
    n_intervals: int = 1,
) -> EstimateDict:
    """Metric after minus metric before on the same films, with its 95 % interval by patient.

    Each resample of the patients gives one difference. Where all resamples agree, the interval
    would have no width: then the ends are None at a difference of 0; at another one, as from 0 to
    1, they come from the two intervals, which are not widened for `n_intervals`.

    Args:
        name: Key of `METRICS`.
        films: The n films.
        before: Probabilities (n, n_classes) and threshold.
        after: The same, of the other judgement.
        n_intervals: Intervals that shall hold together, see `percentile_interval`.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 8; Zou and
    Donner, Statistics in Medicine 27:1693-1702, 2008 (difference of two limits).
    """
    ones = np.ones((1, len(films.class_index)))
    value = float((_metric(name, films, after, ones) - _metric(name, films, before, ones))[0])
    if np.isnan(value):
        return undefined()
    weights = films.resamples
    replicates = _metric(name, films, after, weights) - _metric(name, films, before, weights)
    low, high = _ends(replicates, n_intervals)
    if low is None or high is None or low < high:
        return {"value": value, "low": low, "high": high}
    if value == 0:
        return {"value": value, "low": None, "high": None}
    return _difference_of_two(judge_metric(name, films, *before), judge_metric(name, films, *after))


def _difference_of_two(before: EstimateDict, after: EstimateDict) -> EstimateDict:
    """Interval of a difference from two intervals, as if the two were independent."""
    a, low_a, high_a = (before[key] for key in ("value", "low", "high"))
    b, low_b, high_b = (after[key] for key in ("value", "low", "high"))
    if a is None or b is None or None in (low_a, high_a, low_b, high_b):
        return undefined()
    below = np.hypot(b - (low_b or 0.0), (high_a or 0.0) - a)
    above = np.hypot((high_b or 0.0) - b, a - (low_a or 0.0))
    return {"value": b - a, "low": float(b - a - below), "high": float(b - a + above)}


def _metric(
    name: str, films: JudgedFilms, judged: tuple[Floats, float | None], weights: Floats
) -> Floats:
    """A metric for many sets of film weights: (R,); NaN where it is undefined."""
    probabilities, threshold = judged
    scored = films.scored(probabilities, threshold)
    if scored is not None:
        return METRICS[name](scored, weights)
    if name == "auroc":
        return _macro_auroc(films, probabilities, weights)
    return np.full(len(weights), np.nan)


def _macro_auroc(films: JudgedFilms, probabilities: Floats, weights: Floats) -> Floats:
    """Mean AUROC of the classes that have films, each against the rest.

    Source: Hand and Till, Machine Learning 45:171-186, 2001, discuss such means.
    """
    present = np.unique(films.class_index)
    return np.mean(
        [
            weighted_auroc(probabilities[:, one], films.class_index == one, weights)
            for one in present
        ],
        axis=0,
    )


def _limit_of_macro_auroc(films: JudgedFilms, value: float) -> tuple[float, float]:
    """Interval of a macro AUROC of exactly 0 or 1: that of its class with the fewest patients."""
    n_patients = [films.patients[films.class_index == one] for one in np.unique(films.class_index)]
    fewest = min(group.nunique() for group in n_patients)
    found = auroc_interval(value, fewest, max(1, films.patients.nunique() - fewest))
    return found.low, found.high


def _ends(replicates: Floats, n_intervals: int = 1) -> tuple[float | None, float | None]:
    """Ends of a percentile interval; None where most resamples leave the metric undefined."""
    defined = replicates[~np.isnan(replicates)]
    if len(defined) < MIN_DEFINED_SHARE * len(replicates):
        return None, None
    return percentile_interval(defined, n_intervals)
