import numpy as np
import pandas as pd
import pytest

from tasks.core.readings import Reading
from tasks.core.statistics.intervals import Estimate
from tasks.gate.paired_measures import AUROC, JudgedTruth, Measure
from tasks.gate.plain_limits import (
    GATE_READING,
    ledger_facts,
    patients_needed,
    power_sentences,
    visible_gain,
)

USED = Estimate(0.9, 0.85, 0.95)


def ranked(low: float | None) -> Measure:
    interval = None if low is None else (low, 0.1)
    return Measure(AUROC, USED, USED, difference=0.0, interval=interval)


def truth(n_patients: int, negative: int | None = 0) -> JudgedTruth:
    groups = pd.Series(range(n_patients)).astype(str)
    return JudgedTruth(np.arange(n_patients) % 2, negative, groups, 100, 0)


def test_the_visible_gain_is_three_standard_errors():
    gain = visible_gain(ranked(-0.0196))  # a standard error of 0.01
    assert gain == pytest.approx(0.01 * (2.2414 + 0.8416), rel=1e-3)
    assert visible_gain(ranked(None)) is None
    assert visible_gain(Measure(AUROC, USED)) is None


@pytest.mark.parametrize("margin", [0.05, 0.1, 0.3])
def test_one_patient_less_than_needed_is_too_few(margin):
    n = patients_needed(margin)
    assert (1 - margin) ** n <= 0.025 < (1 - margin) ** (n - 1)


def test_a_small_test_split_is_said_to_be_small():
    text = " ".join(power_sentences({AUROC: ranked(-0.02)}, truth(100), 0.05))
    assert "50 patients with a finding could not exclude a loss of 0.071" in text
    assert "at least 72 patients" in text
    assert "A gain of AUROC" in text
    assert "specificity" not in text


def test_a_large_test_split_is_not():
    text = " ".join(power_sentences({AUROC: ranked(None)}, truth(400), 0.05))
    assert "at least" not in text
    assert "A gain" not in text


def test_without_a_negative_class_all_patients_count():
    (text,) = power_sentences({}, truth(100, negative=None), 0.05)
    assert "100 patients could not exclude" in text


def test_only_distinct_new_networks_raise_the_chance_of_luck():
    def row(network: str, reading: str = GATE_READING, films: str = "f1") -> Reading:
        return Reading("ann", reading, network, f"c{network}", films, "no git")

    rows = [row("n1"), row("n1", films="f2"), row("n2"), row("n0", "gate, network in use")]
    facts = ledger_facts([*rows, row("n2", "evaluate"), Reading("ann", "comparison", *[""] * 4)])
    assert (facts.n_readings, facts.n_networks, facts.n_gated) == (6, 3, 2)
    assert facts.chance_of_luck == pytest.approx(1 - 0.975**2)
    assert "5 %" in facts.sentences()[1]
