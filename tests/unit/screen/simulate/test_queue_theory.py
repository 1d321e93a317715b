"""The simulated queue against the exact means of queueing theory.

An interval of 3.3 standard errors over independent runs holds the exact mean in 999 of 1,000 seeds.
"""

import numpy as np
import pytest

from tasks.screen.simulate.clinic import READING_CV, Clinic
from tasks.screen.simulate.reading_order import ARRIVAL, PERFECT, waits_without_scores
from tasks.screen.simulate.uncertainty import simulate_deals
from tests.simulated_clinics import queue

SERVICE_H = 0.1
N_RUNS, HORIZON_H = 16, 300.0
LOAD = 0.7


def mean_waits(clinic: Clinic) -> np.ndarray:
    """Mean wait of each run: of all films first come, first served; of both sides in priority."""
    deals, rows = simulate_deals(clinic, N_RUNS, seed=5), []
    for absence, (finding, _, chance) in zip(deals.absences, deals.numbers, strict=True):
        positive = finding < clinic.prevalence
        waits = waits_without_scores(absence, positive, chance)
        perfect = waits[PERFECT]
        rows.append([waits[ARRIVAL].mean(), perfect[positive].mean(), perfect[~positive].mean()])
    return np.array(rows)


def assert_mean(runs: np.ndarray, exact: float) -> None:
    margin = 3.3 * runs.std(ddof=1) / np.sqrt(len(runs))
    assert runs.mean() == pytest.approx(exact, abs=margin)
    assert margin < 0.25 * exact  # an interval that could hold anything would prove nothing


@pytest.mark.parametrize(
    ("law", "variation"), [("exponential", 1.0), ("fixed", 0.0), ("lognormal", READING_CV)]
)
def test_one_reader_waits_as_pollaczek_and_khinchine_say(law, variation):
    """Source: Kleinrock, "Queueing Systems", volume 1, 1975, equation 5.70."""
    runs = mean_waits(queue(LOAD, HORIZON_H, reading_times=law))
    exact = LOAD * SERVICE_H * (1 + variation**2) / (2 * (1 - LOAD))
    assert_mean(runs[:, 0], exact)


def test_two_classes_wait_as_cobham_says():
    """Source: Cobham, Operations Research 2:70-76, 1954, equation 3."""
    clinic = queue(LOAD, HORIZON_H, reading_times="exponential")
    runs = mean_waits(clinic)
    residual = LOAD * SERVICE_H  # rate * E[S^2] / 2, with E[S^2] = 2 * SERVICE_H^2
    first = LOAD * clinic.prevalence
    assert_mean(runs[:, 1], residual / (1 - first))
    assert_mean(runs[:, 2], residual / ((1 - first) * (1 - LOAD)))


def test_two_readers_wait_as_erlang_says():
    """Source: Kleinrock, volume 1, 1975, section 3.5: M/M/2 waits r^2 / (1 - r^2) services."""
    clinic = queue(2 * LOAD, HORIZON_H / 2, radiologists=2, reading_times="exponential")
    assert clinic.utilisation == pytest.approx(LOAD)
    exact = SERVICE_H * LOAD**2 / (1 - LOAD**2)
    assert_mean(mean_waits(clinic)[:, 0], exact)
