"""The stability index and its bins: numbers worked by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from tasks.validate.drift import class_table, drift_table, level_index, stability_index


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
