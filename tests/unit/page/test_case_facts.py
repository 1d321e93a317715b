from typing import Any

import pandas as pd
import pytest

from tasks.page.case_facts import called_at_threshold, case_records, group_filters

TWO_SIDED = {
    "classes": ["COVID", "NORMAL", "VIRAL"],
    "negative_class": "NORMAL",
    "operating_point": {"threshold": 0.5},
}
PERSONS = pd.DataFrame(
    {"age_years": [0.5, 70.0, None], "sex": ["female", "male", None]}, index=["a", "b", "c"]
)


def film(**changes: Any) -> dict[str, Any]:
    return {
        **{"image_id": "a", "path": "a.png", "label": "VIRAL", "patient_id": "p1"},
        **{"subtype": None, "site": "north", "outcome": "TP", "called_class": "NORMAL"},
        **{"prob_COVID": 0.25, "prob_NORMAL": 0.45, "prob_VIRAL": 0.3, "prob_positive": 0.55},
        **changes,
    }


@pytest.mark.parametrize(
    ("outcome", "called"), [("TP", "VIRAL"), ("FP", "VIRAL"), ("FN", "NORMAL"), ("TN", "NORMAL")]
)
def test_the_threshold_calls_and_not_the_most_probable_class(outcome: str, called: str) -> None:
    assert called_at_threshold(film(outcome=outcome), TWO_SIDED) == called


def test_record_of_a_film() -> None:
    (found,) = case_records(pd.DataFrame([film()]), TWO_SIDED, PERSONS)
    assert found["called"] == "VIRAL"
    assert found["probable"] == "NORMAL"
    assert not found["is_wrong"]
    assert found["margin"] == pytest.approx(0.05)
    assert found["groups"] == {"site": "north", "sex": "female", "age": "under 1 year"}
    assert found["class_set"] is None  # the table has no such column
    assert found["logits"] == [None] * 3


def test_a_finding_that_is_called_another_finding_is_wrong() -> None:
    (found,) = case_records(pd.DataFrame([film(label="COVID")]), TWO_SIDED, PERSONS)
    assert found["is_wrong"]


@pytest.mark.parametrize(("text", "members"), [("", []), ("COVID|VIRAL", ["COVID", "VIRAL"])])
def test_sets_may_be_empty(text: str, members: list[str]) -> None:
    (found,) = case_records(pd.DataFrame([film(class_set=text)]), TWO_SIDED, PERSONS)
    assert found["class_set"] == members


def test_without_a_negative_class_the_most_probable_class_is_the_call() -> None:
    evaluation = TWO_SIDED | {"negative_class": None}
    table = pd.DataFrame([film(prob_positive=None, outcome=None)])
    (found,) = case_records(table, evaluation, PERSONS)
    assert (found["called"], found["outcome"]) == ("NORMAL", "wrong")
    assert found["probability"] == 0.45
    assert found["margin"] == pytest.approx(0.15)  # 0.45 - 0.3


def test_films_are_sorted_and_groups_that_differ_become_filters() -> None:
    table = pd.DataFrame([film(image_id=name) for name in "cbad"])
    records = case_records(table, TWO_SIDED, PERSONS)
    assert [record["image_id"] for record in records] == ["a", "b", "c", "d"]
    assert [(one["name"], one["values"]) for one in group_filters(records)] == [
        ("sex", ["female", "male"]),
        ("age", ["65 years and older", "under 1 year"]),
    ]
