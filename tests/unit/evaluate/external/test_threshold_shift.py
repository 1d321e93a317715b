"""How far the threshold would have to move: numbers worked by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.decision.decision import Decision, OperatingPoint
from tasks.evaluate.external.threshold_shift import (
    rates_at,
    threshold_for_share,
    threshold_shift,
)

POINT = OperatingPoint("youden", threshold=0.5, rule="r", sensitivity=0.75, specificity=0.5)
VALIDATION = pd.DataFrame({"prob_positive": [0.1, 0.2, 0.6, 0.7, 0.9]})  # 3 of 5 called


def decision_with(point: OperatingPoint | None) -> Decision:
    """Only what the comparison reads."""
    decision = object.__new__(Decision)
    object.__setattr__(decision, "operating_points", () if point is None else (point,))
    object.__setattr__(decision, "operating_point", None if point is None else point.name)
    return decision


def films(prob: list[float], positive: list[bool | None]) -> pd.DataFrame:
    return pd.DataFrame({"prob_positive": prob, "positive": pd.array(positive, dtype="boolean")})


def test_both_other_thresholds_by_hand() -> None:
    cohort = films([0.2, 0.3, 0.4, 0.8, 0.1], [True, True, True, True, False])
    found = threshold_shift(cohort, VALIDATION, decision_with(POINT))
    assert found is not None
    assert (found["wanted_sensitivity"], found["called_share"]) == (0.75, 0.6)
    assert found["home"]["sensitivity"] == 0.25
    assert found["home"]["specificity"] == 1.0
    assert found["home"]["distance"] == 0.0
    oracle, same_share = found["oracle"], found["same_share"]
    assert (oracle["threshold"], oracle["sensitivity"]) == (0.3, 0.75)
    assert oracle["distance"] == pytest.approx(math.log(0.3 / 0.7))
    assert same_share["threshold"] == 0.3  # 3 of 5 films
    assert found["sentence"] == (
        "The threshold that found 75.0 % of the findings at home finds 25.0 % here. For 75.0 % here"
        " it would have to fall by 0.8 logits: the specificity is then 1.00 instead of 1.00."
    )


def test_without_labels_only_the_shares_are_compared() -> None:
    found = threshold_shift(films([0.2, 0.9], [None, None]), VALIDATION, decision_with(POINT))
    assert found is not None
    assert found["same_share"]["threshold"] == 0.2
    assert found["same_share"]["sensitivity"] is None
    assert found["oracle"]["threshold"] is found["oracle"]["distance"] is None
    assert found["sentence"].startswith("Without films that are known to have a finding")


def test_with_one_class_the_other_side_is_null() -> None:
    ill = threshold_shift(films([0.2, 0.9], [True, True]), VALIDATION, decision_with(POINT))
    well = threshold_shift(films([0.2, 0.9], [False, False]), VALIDATION, decision_with(POINT))
    assert ill is not None
    assert well is not None
    assert (ill["home"]["sensitivity"], ill["home"]["specificity"]) == (0.5, None)
    assert ": the specificity" not in ill["sentence"]
    assert (well["home"]["sensitivity"], well["home"]["specificity"]) == (None, 0.5)


def test_without_a_negative_class_there_is_no_threshold() -> None:
    assert threshold_shift(films([0.2], [None]), VALIDATION, decision_with(None)) is None


@given(
    prob=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    share=st.floats(0, 1),
)
def test_the_threshold_for_a_share_is_the_highest_that_reaches_it(
    prob: list[float], share: float
) -> None:
    scores = np.array(prob)
    threshold = threshold_for_share(scores, share)
    assert threshold is not None
    assert np.mean(scores >= threshold) >= share
    higher = scores[scores > threshold]
    if len(higher):
        assert np.mean(scores >= higher.min()) < share


def test_a_certain_film_has_a_finite_distance() -> None:
    found = threshold_shift(films([1.0, 1.0], [True, True]), VALIDATION, decision_with(POINT))
    assert found is not None
    assert 30 < found["oracle"]["distance"] < 40
    assert rates_at(None, np.array([]), np.array([], dtype=bool))["sensitivity"] is None
    assert threshold_for_share(np.array([]), 0.5) is None
