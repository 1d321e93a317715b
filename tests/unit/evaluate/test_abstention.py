import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.decision.conformal_sets import ConformalSets
from tasks.core.statistics.bootstrap import percentile_interval
from tasks.evaluate.abstention import MAX_POINTS, evaluate_abstention, trace_risk
from tests.cohorts import evaluate_params
from tests.decisions import decision

NOTHING = {"value": None, "low": None, "high": None}
PARAMS = evaluate_params(n_bootstrap=300)
# Probability of PNEUMONIA, label, patient, novel. A class is in the set from 0.4 on
FILMS = [
    (0.90, "PNEUMONIA", "a", False),  # right, kept
    (0.70, "PNEUMONIA", "a", False),  # right, kept
    (0.55, "PNEUMONIA", "b", False),  # both classes: referred
    (0.10, "PNEUMONIA", "c", False),  # wrong, kept
    (0.05, "NORMAL", "d", False),  # right, kept
    (0.20, "NORMAL", "e", True),  # novel: referred
    (0.45, "NORMAL", "f", False),  # both classes: referred
    (0.95, None, "g", False),  # not judged, but kept
]


def table(films: list[tuple[float, str | None, str, bool]]) -> pd.DataFrame:
    prob, label, patient, novel = zip(*films, strict=True) if films else ((),) * 4
    rows = pd.DataFrame({"prob_PNEUMONIA": np.array(prob, dtype=float)})
    rows["prob_NORMAL"] = 1 - rows["prob_PNEUMONIA"]
    rows["label"] = pd.Series(label, dtype="str")
    rows["group_id"] = pd.Series(patient, dtype="str")
    rows["is_novel"] = np.array(novel, dtype=bool)
    in_doubt = rows["prob_PNEUMONIA"].between(0.4, 0.6)
    rows["is_referred"] = in_doubt | rows["is_novel"]
    called = np.where(rows["prob_PNEUMONIA"] > 0.5, "PNEUMONIA", "NORMAL")
    rows["called_class"] = pd.Series(called, dtype="str")
    return rows


FOUND = evaluate_abstention(table(FILMS), decision(), PARAMS)


def value(share: dict[str, float | None]) -> float | None:
    return share["value"]


def test_shares_are_those_counted_by_hand():
    assert FOUND["coverage"] == 0.9
    rows = [(row["name"], row["n_images"], value(row["coverage"])) for row in FOUND["per_class"]]
    assert rows == [("NORMAL", 3, 1.0), ("PNEUMONIA", 4, 0.75)]
    assert value(FOUND["overall"]) == pytest.approx(6 / 7)
    assert FOUND["set_sizes"] == {"0": 0, "1": 6, "2": 2}
    assert value(FOUND["referred"]) == pytest.approx(3 / 8)
    assert value(FOUND["accuracy_of_kept"]) == pytest.approx(3 / 4)
    assert value(FOUND["novelty"]["flagged"]) == pytest.approx(1 / 8)
    assert FOUND["novelty"]["threshold"] == decision().novelty.threshold
    assert FOUND["novelty"]["probes"] == []


def test_a_share_of_one_has_wilsons_interval_of_its_patients():
    # 3 of 3 patients: 3 / (3 + 1.959964^2)
    assert FOUND["per_class"][0]["coverage"]["low"] == pytest.approx(0.438494, abs=1e-5)


def test_the_interval_resamples_patients_and_not_films():
    # Two patients of 40 films each, one always held, one never: resamples hold 0, 1 or 2 of them
    films = [(0.9, "PNEUMONIA", "a", False)] * 40 + [(0.1, "PNEUMONIA", "b", False)] * 40
    found = evaluate_abstention(table(films), decision(), PARAMS)
    assert found["overall"] == {"value": 0.5, "low": 0.0, "high": 1.0}
    assert percentile_interval(np.array([0.0] * 10 + [0.5] * 20 + [1.0] * 10)) == (0.0, 1.0)


def test_probes_are_passed_on_and_the_result_is_json():
    probe = {"name": "photographs", "n_images": 17, "flagged": NOTHING, "auroc": NOTHING}
    never = decision(conformal=ConformalSets(0.9, (0.6, math.inf), (40, 5)))
    found = evaluate_abstention(table(FILMS), never, PARAMS, [probe])
    assert found["novelty"]["probes"] == [probe]
    assert [row["is_always_held"] for row in found["per_class"]] == [False, True]
    # 40 films, 3 patients: no patient is covered in 0.2 % of studies, at most one in 3.2 %
    assert found["per_class"][0]["expected"] == {"low": 1 / 3, "high": 1.0}
    assert found["per_class"][1]["expected"] == {"low": None, "high": None}
    assert found["set_sizes"] == {"0": 0, "1": 3, "2": 5}  # PNEUMONIA is in every set
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("films", [[], [(0.9, None, "a", False)], [(0.9, "COVID", "a", False)]])
def test_films_that_cannot_be_judged_give_nulls(films):
    found = evaluate_abstention(table(films), decision(), PARAMS)
    assert [row["coverage"] for row in found["per_class"]] == [NOTHING, NOTHING]
    assert found["overall"] == found["accuracy_of_kept"] == NOTHING
    assert (found["risk_coverage"], found["risk_coverage_area"]) == ([], None)
    assert value(found["referred"]) == (0.0 if films else None)


def test_one_class_or_one_patient_is_no_error():
    found = evaluate_abstention(table(FILMS[:2]), decision(), PARAMS)
    assert [value(row["coverage"]) for row in found["per_class"]] == [None, 1.0]


def test_risk_counts_the_wrong_calls_among_the_most_confident_films():
    confidence = np.array([0.6, 0.95, 0.8, 0.7, 0.7])
    wrong = np.array([True, False, False, True, False])
    found = trace_risk(confidence, wrong)
    # The two films of 0.7 come together: 1 of 4 wrong; then 2 of 5
    assert found["risk_coverage"] == [
        {"coverage": 0.2, "risk": 0.0},
        {"coverage": 0.4, "risk": 0.0},
        {"coverage": 0.8, "risk": 0.25},
        {"coverage": 1.0, "risk": 0.4},
    ]
    assert found["risk_coverage_area"] == pytest.approx((0 + 0 + 2 * 0.25 + 0.4) / 5)


@given(st.lists(st.tuples(st.integers(0, 200), st.booleans()), min_size=1, max_size=150))
@settings(max_examples=60, deadline=None)
def test_the_curve_ends_at_the_error_rate_of_all_films(films):
    confidence = np.array([one / 200 for one, _ in films])
    wrong = np.array([is_wrong for _, is_wrong in films])
    found = trace_risk(confidence, wrong)
    points = found["risk_coverage"]
    assert len(points) <= MAX_POINTS
    assert points[-1] == {"coverage": 1.0, "risk": pytest.approx(wrong.mean())}
    assert [one["coverage"] for one in points] == sorted({one["coverage"] for one in points})
    # An independent check of the area: the risk at each film, in the order of confidence
    risks = [wrong[confidence >= one].mean() for one in confidence]
    assert found["risk_coverage_area"] == pytest.approx(np.mean(risks))


def test_a_confidence_that_ranks_errors_last_has_a_smaller_area():
    wrong = np.arange(100) >= 80
    good, bad = np.linspace(1, 0.5, 100), np.linspace(0.5, 1, 100)
    small = trace_risk(good, wrong)["risk_coverage_area"]
    large = trace_risk(bad, wrong)["risk_coverage_area"]
    assert small < wrong.mean() < large
