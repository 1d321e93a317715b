import numpy as np
import pandas as pd
import pytest

from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.metrics import Scored
from tasks.evaluate.per_patient import PATIENT_RULE, judge_patients


def judged(patients: str, positive: list[int], prob: list[float], threshold: float = 0.5) -> dict:
    names, scores = pd.Series(list(patients)), np.array(prob)
    scored = Scored(np.array(positive, dtype=bool), scores >= threshold, scores)
    return judge_patients(scored, names, resample_patients(names, 300, seed=0))


def test_patients_by_hand():
    # a: one of two films called; b: neither, missed; c: no finding, one film called; d, e: right
    found = judged(
        "baaccbdee",
        [1, 1, 1, 0, 0, 1, 0, 0, 0],
        [0.4, 0.9, 0.1, 0.2, 0.7, 0.3, 0.1, 0.2, 0.3],
    )
    assert (found["rule"], found["n_patients"], found["n_positive"]) == (PATIENT_RULE, 5, 2)
    assert found["sensitivity"]["value"] == 1 / 2
    assert found["specificity"]["value"] == 2 / 3
    assert found["accuracy"]["value"] == 3 / 5
    # scores: a 0.9, b 0.4 against c 0.7, d 0.1, e 0.3: 3 + 2 of 6 pairs
    assert found["auroc"]["value"] == pytest.approx(5 / 6)


def test_a_patient_has_a_finding_if_one_film_has():
    found = judged("aab", [0, 1, 0], [0.9, 0.1, 0.2])
    assert (found["n_positive"], found["sensitivity"]["value"]) == (1, 1.0)


def test_shares_have_wilsons_interval_of_the_patients():
    # 9 of 10 patients with a finding are found: 0.5958 to 0.9821 (Newcombe 1998, method 3)
    found = judged("abcdefghijk", [1] * 10 + [0], [0.9] * 9 + [0.1, 0.1])
    assert found["sensitivity"]["low"] == pytest.approx(0.5958, abs=5e-5)
    assert found["sensitivity"]["high"] == pytest.approx(0.9821, abs=5e-5)


def test_number_of_films_of_a_patient_changes_nothing():
    once = judged("abcd", [1, 1, 0, 0], [0.9, 0.3, 0.4, 0.1])
    often = judged("abcdaaabdd", [1, 1, 0, 0, 1, 1, 1, 1, 0, 0], [0.9, 0.3, 0.4, 0.1] + [0.1] * 6)
    assert often == once


def test_one_side_gives_nulls():
    found = judged("ab", [1, 1], [0.9, 0.2])
    assert found["specificity"] == found["auroc"] == {"value": None, "low": None, "high": None}
    assert found["sensitivity"]["value"] == 0.5


def test_no_films_give_nulls():
    nothing = np.empty(0, dtype=bool)
    scored = Scored(nothing, nothing, np.empty(0))
    found = judge_patients(scored, pd.Series([], dtype="str"), np.empty((100, 0)))
    assert (found["n_patients"], found["n_positive"]) == (0, 0)
    assert found["accuracy"] == {"value": None, "low": None, "high": None}
