"""AUROC, its interval, the bins of the stability index: numbers worked by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from tasks.validate.auroc import Estimate, auroc, interval
from tasks.validate.drift import class_table, drift_table, level_index, stability_index


def test_auroc_counts_pairs_in_order_and_ties_as_half() -> None:
    # positives 2, 3; negatives 1, 2: 3 pairs in order, one tie -> (3 + 0.5) / 4
    positive = np.array([False, False, True, True])
    assert auroc(np.array([1.0, 2.0, 2.0, 3.0]), positive) == 0.875
    assert auroc(np.zeros(4), positive) == 0.5


def test_interval_ends_solve_newcombes_equation() -> None:
    # method 5 with m = n = 10: surplus (10 + 10) / 2 - 1 = 9
    found = interval(0.8, 10, 10)
    for end in (found.low, found.high):
        spread = 1 + 9 * ((1 - end) / (2 - end) + end / (1 + end))
        error = math.sqrt(end * (1 - end) * spread / 100)
        assert abs(0.8 - end) == pytest.approx(1.959964 * error, abs=1e-9)
    assert found.low < 0.8 < found.high


def test_interval_at_one_keeps_a_width_that_more_groups_narrow() -> None:
    few, many = interval(1.0, 10, 10), interval(1.0, 100, 100)
    assert few.high == many.high == 1.0
    assert few.low < many.low < 1.0


def test_folding_turns_value_and_interval_over() -> None:
    assert Estimate(0.25, 0.125, 0.5).folded() == Estimate(0.75, 0.5, 0.875)
    assert Estimate(0.75, 0.5, 0.875).folded() == Estimate(0.75, 0.5, 0.875)


def test_stability_index_is_the_sum_worked_by_hand() -> None:
    # (0.25 - 0.5) ln(0.25 / 0.5) + (0.75 - 0.5) ln(0.75 / 0.5) = 0.25 ln 2 + 0.25 ln 1.5
    found = stability_index(np.array([5.0, 5.0]), np.array([25.0, 75.0]))
    assert found == pytest.approx(0.25 * math.log(2) + 0.25 * math.log(1.5))
    assert stability_index(np.array([1.0, 3.0]), np.array([10.0, 30.0])) == 0


def test_missing_is_a_level_of_its_own() -> None:
    half = pd.Series(["a", "a", None, None])
    assert level_index(half, half) == 0
    assert level_index(half, pd.Series(["a", None, None, None])) == pytest.approx(
        0.25 * math.log(2) + 0.25 * math.log(1.5)
    )


def test_shift_of_one_statistic_drifts_alone(clean: pd.DataFrame) -> None:
    reference = pd.concat([clean.assign(mean=clean["mean"] + k) for k in range(10)])
    brighter = reference.assign(mean=reference["mean"] + 5)
    table = drift_table(reference, brighter).set_index("statistic")["psi"]
    assert table["mean"] > 0.25
    assert table.drop("mean").max() == 0


def test_classes_are_counted_then_and_now(clean: pd.DataFrame) -> None:
    now = clean.assign(label=clean["label"].replace("NORMAL", "COVID"))
    assert class_table(clean, now).to_numpy().tolist() == [
        ["COVID", 0, 10],
        ["NORMAL", 10, 0],
        ["PNEUMONIA", 10, 10],
    ]
