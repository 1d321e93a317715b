"""Subgroups of the films: numbers by hand, order, marks, and what has no number."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from tasks.core.statistics.multiple_tests import holm
from tasks.core.tables import MANIFEST_SCHEMA
from tasks.evaluate.subgroups import evaluate_subgroups, reuse_intervals
from tests.cohorts import evaluate_params

PARAMS = evaluate_params()
NOTHING = {"value": None, "low": None, "high": None}

Cell = tuple[str, str | None, str | None]  # class, subtype, sex


def cohort(cells: dict[Cell, tuple[int, int]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predictions and manifest of films, one a patient: called rightly, called wrongly."""
    rows = [
        (label, subtype, sex, is_right)
        for (label, subtype, sex), counts in cells.items()
        for is_right, n in zip((True, False), counts, strict=True)
        for _ in range(n)
    ]
    films = pd.DataFrame(rows, columns=["label", "subtype", "sex", "is_right"])
    films["image_id"] = [f"i{row:04d}" for row in range(len(films))]
    films["group_id"] = films["image_id"]
    films[["site", "split"]] = [None, "test"]
    films["positive"] = films["label"] != "NORMAL"
    films["called_positive"] = films["positive"] == films["is_right"]
    films["called_class"] = films["label"].where(films["is_right"], "ANOTHER")
    manifest = films[["image_id", "sex"]].assign(status="ok", path=films["image_id"])
    return films.drop(columns="sex"), manifest.reindex(columns=MANIFEST_SCHEMA.names)


def by_name(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in rows}


FILMS, MANIFEST = cohort(
    {
        ("NORMAL", None, "female"): (18, 2),
        ("NORMAL", None, "male"): (20, 0),
        ("PNEUMONIA", "bacteria", "female"): (38, 2),
        ("PNEUMONIA", "bacteria", None): (3, 0),
        ("PNEUMONIA", "virus", "male"): (22, 18),
    }
)


def test_groups_sides_and_counts_by_hand() -> None:
    rows = by_name(evaluate_subgroups(FILMS, MANIFEST, PARAMS))
    assert set(rows) == {
        "NORMAL", "PNEUMONIA", "bacteria", "virus", "NORMAL, female", "NORMAL, male",
        "PNEUMONIA, female", "PNEUMONIA, male",
    }  # fmt: skip
    virus = rows["virus"]
    assert (virus["attribute"], virus["split"]) == ("subtype", "test")
    assert (virus["n_images"], virus["n_patients"], virus["is_small"]) == (40, 40, False)
    assert virus["sensitivity"]["value"] == 22 / 40
    assert virus["difference"]["value"] == pytest.approx(22 / 40 - 41 / 43)
    female = rows["PNEUMONIA, female"]
    assert female["sensitivity"]["value"] == 38 / 40
    assert female["difference"]["value"] == pytest.approx(38 / 40 - 22 / 40)  # sex must be known
    healthy = rows["NORMAL, male"]
    assert "sensitivity" not in healthy
    assert (healthy["specificity"]["value"], healthy["is_small"]) == (1, True)
    assert healthy["specificity"]["low"] == pytest.approx(20 / (20 + 1.959964**2))  # Wilson


def test_p_values_are_those_of_the_exact_test_and_corrected_for_all_groups() -> None:
    rows = evaluate_subgroups(FILMS, MANIFEST, PARAMS)
    named = by_name(rows)
    exact = fisher_exact([[18, 2], [20, 0]]).pvalue
    assert named["NORMAL, female"]["p"] == pytest.approx(exact, abs=0.02)
    tested = [row for row in rows if row["p"] is not None]
    assert len(tested) == 6
    corrected = holm(np.array([row["p"] for row in tested]))
    assert [row["p_corrected"] for row in tested] == corrected.tolist()
    assert named["virus"]["p_corrected"] < 0.01 < named["NORMAL, female"]["p_corrected"]


def test_the_worst_comes_first_and_the_better_half_does_not() -> None:
    """First by corrected p value, if worse; then by value: 63/83, 38/40, 38/40, 41/43, 20/20."""
    names = [row["name"] for row in evaluate_subgroups(FILMS, MANIFEST, PARAMS)]
    assert set(names[:2]) == {"virus", "PNEUMONIA, male"}
    assert names[2:] == [
        "NORMAL, female", "PNEUMONIA", "NORMAL", "PNEUMONIA, female", "bacteria", "NORMAL, male",
    ]  # fmt: skip


def test_a_class_that_is_its_whole_side_has_no_difference() -> None:
    row = by_name(evaluate_subgroups(FILMS, MANIFEST, PARAMS))["NORMAL"]
    assert (row["difference"], row["p"], row["p_corrected"]) == (NOTHING, None, None)


def test_a_group_of_a_few_films_has_counts_only() -> None:
    films, manifest = cohort(
        {("NORMAL", None, None): (9, 0), ("PNEUMONIA", "virus", None): (2, 2),
         ("PNEUMONIA", "bacteria", None): (6, 1)}
    )  # fmt: skip
    rows = by_name(evaluate_subgroups(films, manifest, PARAMS))
    virus = rows["virus"]
    assert (virus["n_images"], virus["n_patients"], virus["is_small"]) == (4, 4, True)
    assert virus["sensitivity"] == virus["difference"] == NOTHING
    assert virus["p"] is None
    assert list(rows)[-1] == "virus"
    assert rows["bacteria"]["p"] is not None


def test_several_classes_with_a_finding_are_one_side() -> None:
    films, manifest = cohort(
        {("NORMAL", None, "male"): (9, 1), ("COVID", None, "male"): (10, 10),
         ("PNEUMONIA", None, "female"): (40, 2)}
    )  # fmt: skip
    rows = by_name(evaluate_subgroups(films, manifest, PARAMS))
    assert rows["COVID"]["difference"]["value"] == pytest.approx(10 / 20 - 40 / 42)
    assert rows["any finding, female"]["sensitivity"]["value"] == 40 / 42
    assert rows["NORMAL, male"]["difference"] == NOTHING


def test_a_site_is_compared_with_other_sites_of_its_class() -> None:
    films, manifest = cohort({("NORMAL", None, None): (20, 0), ("PNEUMONIA", None, None): (30, 10)})
    films["site"] = ["Rome" if i % 2 == 0 else None for i in films.index]
    rows = by_name(evaluate_subgroups(films, manifest, PARAMS))
    assert rows["PNEUMONIA at Rome"]["attribute"] == "site"
    assert rows["PNEUMONIA at no site"]["n_images"] == 20
    assert rows["PNEUMONIA at Rome"]["difference"]["value"] == 0


def test_without_a_negative_class_each_class_is_a_side() -> None:
    films = FILMS.assign(positive=None, called_positive=None)
    rows = by_name(evaluate_subgroups(films, MANIFEST, PARAMS))
    assert rows["PNEUMONIA"]["recall"]["value"] == 63 / 83
    assert rows["PNEUMONIA, virus"]["recall"]["value"] == 22 / 40
    assert all("sensitivity" not in row for row in rows.values())


def test_films_without_a_truth_are_left_out() -> None:
    unknown = FILMS.assign(label=None, positive=None, called_positive=True)
    assert evaluate_subgroups(unknown, MANIFEST, PARAMS) == []
    assert evaluate_subgroups(FILMS.iloc[:0], MANIFEST, PARAMS) == []
    both = pd.concat([FILMS, unknown.assign(image_id="x" + unknown["image_id"])])
    assert evaluate_subgroups(both, MANIFEST, PARAMS) == evaluate_subgroups(FILMS, MANIFEST, PARAMS)


def test_six_films_of_one_patient_tell_as_much_as_one() -> None:
    films, manifest = cohort({("NORMAL", None, None): (9, 0), ("PNEUMONIA", None, None): (3, 3)})
    films.loc[films["positive"], "group_id"] = "one"
    row = by_name(evaluate_subgroups(films, manifest, PARAMS))["PNEUMONIA"]
    ends = 0.5 - math.sqrt(1.959964**2 / 4 + 1.959964**4 / 4) / (1 + 1.959964**2)  # Wilson, n = 1
    assert row["sensitivity"] == pytest.approx({"value": 0.5, "low": ends, "high": 1 - ends})
    assert (row["n_images"], row["n_patients"]) == (6, 1)


def test_the_rows_are_plain_json_and_do_not_depend_on_the_order_of_the_films() -> None:
    rows = evaluate_subgroups(FILMS, MANIFEST, PARAMS)
    shuffled = evaluate_subgroups(
        FILMS.sample(frac=1, random_state=1), MANIFEST.sample(frac=1, random_state=2), PARAMS
    )
    assert json.dumps(rows, allow_nan=False) == json.dumps(shuffled, allow_nan=False)


def test_a_whole_side_has_the_interval_of_that_side() -> None:
    films, manifest = cohort({("PNEUMONIA", "virus", None): (8, 2), ("NORMAL", None, None): (9, 1)})
    groups = evaluate_subgroups(films, manifest, PARAMS)
    of_test = {"value": 0.8, "low": 0.5, "high": 0.95}
    evaluation = {
        "test": {"n_images": 20, "n_positive": 10, "sensitivity": of_test, "specificity": of_test},
        "classes_view": {"test": {"per_class": []}},
    }
    found = {row["name"]: row for row in reuse_intervals(groups, evaluation)}
    assert found["PNEUMONIA"]["sensitivity"] == of_test
    assert found["NORMAL"]["specificity"] == of_test
    evaluation["test"]["n_positive"] = 15  # the group is a part of its side only
    found = {row["name"]: row for row in reuse_intervals(groups, evaluation)}
    assert found["PNEUMONIA"]["sensitivity"] != of_test


def test_a_whole_class_has_the_interval_of_that_class() -> None:
    recall = {"value": 0.7, "low": 0.4, "high": 0.9}
    group = {"attribute": "class", "name": "COVID", "n_images": 10, "recall": NOTHING}
    evaluation = {
        "test": {"n_images": 20, "n_positive": None},
        "classes_view": {
            "test": {"per_class": [{"name": "COVID", "n_images": 10, "recall": recall}]}
        },
    }
    assert reuse_intervals([group], evaluation) == [group | {"recall": recall}]
