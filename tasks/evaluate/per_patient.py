"""Metrics of patients: all films of one patient give one answer."""

from typing import Any

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.intervals import wilson_interval
from tasks.evaluate.metric_intervals import EstimateDict, undefined, with_interval
from tasks.evaluate.metrics import Scored

PATIENT_RULE = (
    "A patient has a finding if one film has, and is called positive if one film is. The score is"
    " the largest probability of the films. Intervals: Wilson for shares, bootstrap for the AUROC."
)


def judge_patients(scored: Scored, patients: pd.Series, resamples: Floats) -> dict[str, Any]:
    """AUROC, sensitivity, specificity and accuracy per patient.

    Args:
        scored: The n films.
        patients: (n,) patient (group) of each film.
        resamples: (R, n) from `bootstrap.resample_patients`.

    Returns:
        `rule`, `n_patients`, `n_positive`, and the four metrics, each with its interval.

    Source: Wilson, J. Am. Stat. Assoc. 22:209-212, 1927 (patients are independent trials).
    """
    codes, names = pd.factorize(patients, sort=True)
    first = np.unique(codes, return_index=True)[1]  # a resample holds all films of a patient alike
    by_patient = pd.DataFrame(vars(scored)).groupby(codes).max()
    of_patients = Scored(
        positive=by_patient["positive"].to_numpy(dtype=bool),
        called=by_patient["called"].to_numpy(dtype=bool),
        prob=by_patient["prob"].to_numpy(dtype=np.float64),
    )
    positive, right = of_patients.positive, of_patients.called == of_patients.positive
    return {
        "rule": PATIENT_RULE,
        "n_patients": len(names),
        "n_positive": int(positive.sum()),
        "auroc": with_interval("auroc", of_patients, pd.Series(names), resamples[:, first]),
        "sensitivity": _wilson(right[positive]),
        "specificity": _wilson(right[~positive]),
        "accuracy": _wilson(right),
    }


def _wilson(hits: Bools) -> EstimateDict:
    if len(hits) == 0:
        return undefined()
    return {**vars(wilson_interval(int(hits.sum()), len(hits)))}
