import numpy as np
import pandas as pd
import pytest

from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.call_counts import CALL_METRICS
from tasks.evaluate.call_intervals import call_intervals
from tasks.evaluate.metric_intervals import with_interval
from tasks.evaluate.metrics import Scored

RNG = np.random.default_rng(0)
POSITIVE = RNG.random(90) < 0.5
PROB = np.clip(0.3 * POSITIVE + RNG.normal(0.35, 0.2, 90), 0, 1)
PATIENTS = pd.Series(np.arange(90) // 3)
RESAMPLES = resample_patients(PATIENTS, 200, seed=0)


def test_each_rule_has_the_metrics_that_it_has_alone():
    thresholds = np.array([0.0, 0.3, 0.5, 0.7, 1.1])  # all films, then fewer, then none
    called = PROB[:, np.newaxis] >= thresholds
    scored = Scored(POSITIVE, called[:, 0], PROB)
    together = call_intervals(scored, called, CALL_METRICS, PATIENTS, RESAMPLES)
    for k, found in enumerate(together):
        alone = Scored(POSITIVE, called[:, k], PROB)
        for name in CALL_METRICS:
            assert found[name] == pytest.approx(with_interval(name, alone, PATIENTS, RESAMPLES))
    assert together[-1]["ppv"] == {"value": None, "low": None, "high": None}
