"""Metrics of several rules that call films positive, each with its interval."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools, Floats
from tasks.evaluate.call_counts import CALL_METRICS, count_calls
from tasks.evaluate.metric_intervals import EstimateDict, interval_of, patients_compared
from tasks.evaluate.metrics import Scored


def call_intervals(
    scored: Scored, called: Bools, names: Iterable[str], patients: pd.Series, resamples: Floats
) -> list[dict[str, EstimateDict]]:
    """Metrics of K rules that call films positive, such as K thresholds.

    Args:
        scored: The n films; their calls are those of `called`.
        called: (n, K) films that each rule calls positive.
        names: Keys of `CALL_METRICS`.
        patients: (n,) patient (group) of each film.
        resamples: (R, n) from `bootstrap.resample_patients`.

    Returns:
        The named metrics of each rule.
    """
    counts = count_calls(scored.positive, called, np.ones((1, len(patients))))
    resampled = count_calls(scored.positive, called, resamples)
    rules: list[dict[str, EstimateDict]] = [{} for _ in range(called.shape[1])]
    for name in names:
        values = CALL_METRICS[name](counts)[0]
        replicates = CALL_METRICS[name](resampled)
        for k, metrics in enumerate(rules):
            rule = replace(scored, called=called[:, k])
            n_patients = patients_compared(name, rule, patients)
            metrics[name] = interval_of(name, float(values[k]), replicates[:, k], n_patients)
    return rules
