"""Comparison of models: every number against scipy, a hand count, or the swapped models."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from tasks.core.errors import EvaluationError
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.comparison.paired_calls import (
    MEASURES,
    Measured,
    compare_models,
    compare_pair,
    corrected,
)

N = 60


def films(seed: int, skill: float, n_patients: int = N) -> pd.DataFrame:
    """Test films of one model; the truth and the patients are the same for every seed."""
    positive = np.arange(N) % 3 != 0
    noise = np.random.default_rng(seed).normal(0, 1, N)
    prob = 1 / (1 + np.exp(-(skill * (positive - 0.5) + noise)))
    called = prob >= 0.5
    return pd.DataFrame(
        {
            "image_id": [f"f{k:03d}" for k in range(N)],
            "label": np.where(positive, "P", "N"),
            "group_id": [f"g{k % n_patients:03d}" for k in range(N)],
            "positive": positive,
            "prob_positive": prob,
            "called_positive": called,
            "called_class": np.where(called, "P", "N"),
        }
    )


def test_accuracy_sensitivity_and_specificity_are_those_of_binomial_tests():
    one, other = films(1, 3.0), films(2, 0.5)
    rows = compare_pair(one, other, resample_patients(one["group_id"], 200, 0))
    assert [row.name for row in rows] == list(MEASURES)
    positive = one["positive"]
    masks = {"accuracy": positive | ~positive, "sensitivity": positive, "specificity": ~positive}
    for row in rows[1:]:
        among = masks[row.name]
        right = [(f["called_positive"] == positive)[among] for f in (one, other)]
        only_one, only_other = (right[0] & ~right[1]).sum(), (right[1] & ~right[0]).sum()
        expected = binomtest(int(only_one), int(only_one + only_other)).pvalue
        assert row.p == pytest.approx(expected)
        assert row.difference["value"] == pytest.approx((only_one - only_other) / among.sum())
        assert row.difference["low"] <= row.difference["value"] <= row.difference["high"]


def test_a_clearly_better_model_is_named_and_an_equal_one_is_not():
    found = compare_models({"good": films(1, 6.0), "bad": films(2, 0.0)}, 200, 0)
    (pair,) = found["pairs"]
    assert pair["better"] == "good"
    assert pair["p_corrected"] < 0.05
    assert pair["auroc_difference"]["low"] > 0
    twins = compare_models({"one": films(1, 2.0), "two": films(1, 2.0)}, 200, 0)["pairs"][0]
    assert twins["better"] is None
    assert (twins["delong_p"], twins["mcnemar_p"], twins["p_corrected"]) == (1.0, 1.0, 1.0)
    assert twins["accuracy_difference"] == {"value": 0.0, "low": None, "high": None}


def test_one_model_gives_an_empty_list_and_says_so():
    found = compare_models({"only": films(1, 2.0)}, 200, 0)
    assert found["pairs"] == []
    assert found["n_tests"] == 0
    assert "one model" in found["gap"]


def test_three_models_are_corrected_for_twelve_tests():
    three = {name: films(seed, 2.0) for seed, name in enumerate("xyz")}
    found = compare_models(three, 200, 0)
    assert [(pair["a"], pair["b"]) for pair in found["pairs"]] == [*zip("xxy", "yzz", strict=True)]
    assert found["n_tests"] == 12
    rows = [row for pair in found["pairs"] for row in pair["measures"]]
    smallest = min(rows, key=lambda row: row["p"])
    assert smallest["p_corrected"] == pytest.approx(min(12 * smallest["p"], 1.0))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), n_patients=st.integers(4, N))
def test_swapped_models_swap_the_signs_and_keep_the_p_values(seed, n_patients):
    one, other = films(seed, 1.0, n_patients), films(seed + 1, 2.0, n_patients)
    resamples = resample_patients(one["group_id"], 100, 0)
    there, back = compare_pair(one, other, resamples), compare_pair(other, one, resamples)
    for forth, reverse in zip(there, back, strict=True):
        assert forth.p == pytest.approx(reverse.p)
        for end, other_end in (("value", "value"), ("low", "high"), ("high", "low")):
            if forth.difference[end] is not None:
                assert forth.difference[end] == pytest.approx(-reverse.difference[other_end])


def test_without_a_negative_class_accuracy_of_the_called_class_is_compared():
    one, other = films(1, 6.0), films(2, 0.0)
    for table in (one, other):
        table["positive"] = table["called_positive"] = pd.array([None] * N, dtype="boolean")
        table["prob_positive"] = np.nan
    rows = compare_pair(one, other, resample_patients(one["group_id"], 100, 0))
    defined = {row.name: row.p is not None for row in rows}
    assert defined == {
        "auroc": False,
        "accuracy": True,
        "sensitivity": False,
        "specificity": False,
    }
    right = (one["called_class"] == one["label"]).mean()
    assert rows[1].difference["value"] == pytest.approx(
        right - (other["called_class"] == other["label"]).mean()
    )


def test_films_of_one_class_leave_the_other_measures_undefined():
    one, other = films(1, 3.0), films(2, 0.5)
    one, other = (f[f["positive"]].reset_index(drop=True) for f in (one, other))
    rows = compare_pair(one, other, resample_patients(one["group_id"], 100, 0))
    assert {row.name for row in rows if row.p is None} == {"auroc", "specificity"}


def test_a_conflict_of_measures_names_no_winner():
    def measured(name: str, value: float) -> Measured:
        return Measured(name, {"value": value, "low": None, "high": None}, 0.0001)

    rows = corrected([[measured("sensitivity", 0.2), measured("specificity", -0.2)]])[0]
    assert [row["better"] for row in rows] == ["a", "b"]


def test_other_films_or_other_labels_are_an_error():
    one = films(1, 2.0)
    with pytest.raises(EvaluationError, match="1 films are in one of the two tables only"):
        compare_models({"one": one, "two": one.iloc[1:].reset_index(drop=True)}, 100, 0)
    other = one.assign(label=["N", *one["label"][1:-1], "N"])
    with pytest.raises(EvaluationError, match="1 films have another label"):
        compare_models({"one": one, "two": other}, 100, 0)
