import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tasks.core.decision.conformal_sets import ConformalSets
from tasks.core.errors import EvaluationError
from tasks.evaluate.decision_curve import THRESHOLDS
from tasks.evaluate.evaluation import build_evaluation, evaluate_films, main_metrics
from tasks.evaluate.metrics import METRICS
from tests.cohorts import CLASSES, evaluate_params
from tests.decisions import decision
from tests.predicted_films import predicted_films, two_class

PARAMS = evaluate_params()
DECISION = decision()  # calls a film positive from 0.4 on; has the points half and 0.4
NOTHING = {"value": None, "low": None, "high": None}
THREE = decision(
    classes=("COVID", "NORMAL", "VIRAL"),
    conformal=ConformalSets(coverage=0.9, quantiles=(0.6, 0.6, 0.6)),
)
NO_SIDES = replace(THREE, negative_class=None, operating_points=(), operating_point=None)


def films_of(counts: dict[tuple[str, float], int], split: str = "test") -> pd.DataFrame:
    """Films of two classes, two of each patient: (label, probability of a finding) -> how many."""
    labels = [label for (label, _), n in counts.items() for _ in range(n)]
    prob = [prob for (_, prob), n in counts.items() for _ in range(n)]
    patients = [k // 2 for k in range(len(labels))]
    return predicted_films(DECISION, labels, two_class(prob), patients, split)


TEST = films_of(
    {("PNEUMONIA", 0.9): 14, ("PNEUMONIA", 0.45): 4, ("PNEUMONIA", 0.1): 6}
    | {("NORMAL", 0.9): 2, ("NORMAL", 0.1): 8}
)
VAL = films_of({("PNEUMONIA", 0.9): 8, ("NORMAL", 0.45): 4, ("NORMAL", 0.1): 8}, "val")


def evaluated(test: pd.DataFrame = TEST, val: pd.DataFrame = VAL) -> dict:
    return build_evaluation(pd.concat([test, val], ignore_index=True), DECISION, PARAMS)


def three_classes(split: str, seed: int, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    prob = rng.dirichlet(np.ones(3), n) + 0.7 * np.eye(3)[truth] * rng.random((n, 1))
    labels = [THREE.classes[k] for k in truth]
    patients = [k // 2 for k in range(n)]
    return predicted_films(NO_SIDES, labels, prob / prob.sum(axis=1)[:, None], patients, split)


def test_counts_are_those_of_the_films_and_add_up():
    test = evaluated()["test"]
    assert test["confusion"] == {"tp": 18, "fp": 2, "tn": 8, "fn": 6}
    assert (test["n_images"], test["n_patients"], test["n_positive"]) == (34, 17, 24)
    assert sum(test["confusion"].values()) == test["n_images"]
    assert test["sensitivity"]["value"] == 18 / 24
    assert test["specificity"]["value"] == 8 / 10
    assert test["accuracy"]["value"] == 26 / 34


def test_each_split_has_every_metric_with_its_interval_and_no_gap():
    found = evaluated()
    for split in ("test", "validation"):
        assert list(found[split]) == ["n_images", "n_patients", "n_positive", "confusion",
                                      *METRICS, "gaps"]  # fmt: skip
        for name in METRICS:
            assert set(found[split][name]) == {"value", "low", "high"}
        assert found[split]["gaps"] == []


def test_each_part_has_its_key_and_its_splits():
    found = evaluated()
    assert (found["model"], found["classes"]) == ("minivggnet", list(CLASSES))
    assert found["negative_class"] == "NORMAL"
    for part in ("classes_view", "per_patient"):
        assert set(found[part]) == {"test", "validation"}
    assert found["classes_view"]["test"]["matrix"] == [[8, 2], [10, 14]]  # called by 0.5 here
    assert found["per_patient"]["test"]["n_patients"] == 17
    assert [row["prevalence"] for row in found["prevalences"]] == PARAMS.prevalences
    assert [row["threshold"] for row in found["decision_curve"]] == THRESHOLDS.tolist()


def test_every_operating_point_is_reported_on_both_splits_and_one_is_chosen():
    found = evaluated()
    points = found["operating_points"]
    assert {name: point["chosen"] for name, point in points.items()} == {
        "half": False,
        "target_sensitivity": True,
    }
    assert points["half"]["test"]["sensitivity"]["value"] == 14 / 24
    chosen = points["target_sensitivity"]
    assert (chosen["threshold"], chosen["rule"]) == (0.4, "by hand")
    for split in ("test", "validation"):
        for name, estimate in chosen[split].items():
            assert estimate == found[split][name]
    assert list(chosen["test"]) == [
        *("sensitivity", "specificity", "ppv", "npv", "accuracy", "f1"),
    ]


def test_evaluation_names_the_operating_point_that_calls_the_films():
    assert evaluated()["operating_point"] == {
        "name": "target_sensitivity",
        "threshold": 0.4,
        "target_sensitivity": 0.75,
        "chosen_on": "validation",
        "threshold_on": {"rule": "validation", "conditions": []},
        "rule": "by hand",
    }
    half = replace(DECISION, operating_point="half")
    point = build_evaluation(pd.concat([TEST, VAL]), half, PARAMS)["operating_point"]
    assert (point["name"], point["threshold"], point["target_sensitivity"]) == ("half", 0.5, None)


def test_interval_of_sensitivity_counts_the_positive_patients():
    films = films_of({("PNEUMONIA", 0.9): 12, ("NORMAL", 0.9): 4, ("NORMAL", 0.1): 6})
    found = evaluated(films)["test"]["sensitivity"]
    # six patients of two films each, all found: n / (n + z^2) = 6 / 9.841459
    assert found == {"value": 1.0, "low": pytest.approx(0.609666, abs=1e-6), "high": 1.0}


def test_nothing_called_positive_gives_null_and_valid_json():
    found = evaluated(films_of({("NORMAL", 0.1): 6, ("PNEUMONIA", 0.1): 6}))
    assert found["test"]["ppv"] == found["test"]["mcc"] == NOTHING
    assert found["test"]["sensitivity"]["value"] == 0.0
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["test"]["gaps"] == [
        "All calls are equal at the operating point: undefined are ppv, mcc.",
        "No film is called PNEUMONIA: its precision is undefined, and so are the mean precisions.",
    ]


@pytest.mark.parametrize("label", CLASSES)
@pytest.mark.parametrize("split", ["test", "val"])
def test_error_names_the_split_of_the_home_that_lacks_a_side(label, split):
    splits = {"test": TEST, "val": VAL}
    splits[split] = splits[split][splits[split]["label"] == label]
    with pytest.raises(EvaluationError, match=f"where: split {split}"):
        evaluated(**splits)


def test_evaluation_is_the_same_twice():
    assert evaluated() == evaluated(TEST.copy(), VAL.copy())


def test_main_metrics_are_numbers_only():
    evaluation = evaluated()
    main = main_metrics(evaluation)
    assert list(main) == ["test", "validation", "threshold"]
    for split in ("test", "validation"):
        assert list(main[split]) == ["auroc", "sensitivity", "specificity", "accuracy"]
        for name, estimate in main[split].items():
            assert estimate == evaluation[split][name]
    assert all(isinstance(number, float) for number in leaves(main))


def test_main_metrics_leave_out_an_undefined_end():
    evaluation = evaluated()
    evaluation["test"]["auroc"] |= {"low": None, "high": None}
    main = main_metrics(evaluation)
    assert main["test"]["auroc"] == {"value": evaluation["test"]["auroc"]["value"]}


def test_without_a_negative_class_the_two_sides_are_null_and_the_classes_are_the_main_numbers():
    films = pd.concat([three_classes("test", 1), three_classes("val", 2)], ignore_index=True)
    found = build_evaluation(films, NO_SIDES, PARAMS)
    test, view = found["test"], found["classes_view"]["test"]
    assert found["negative_class"] is test["n_positive"] is test["confusion"] is None
    assert all(test[name] == NOTHING for name in METRICS)
    assert found["per_patient"] == {"test": None, "validation": None}
    assert found["operating_points"] == {}
    assert found["prevalences"] == found["decision_curve"] == test["gaps"] == []
    assert found["operating_point"]["threshold"] is None
    assert main_metrics(found)["test"] == {
        "auroc": view["macro"]["auroc"],
        "sensitivity": view["macro"]["recall"],
        "specificity": view["macro"]["specificity"],
        "accuracy": view["accuracy"],
    }
    assert "threshold" not in main_metrics(found)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_class_view_does_not_depend_on_the_negative_class():
    films = three_classes("test", 3)
    of_three = predicted_films(
        THREE,
        list(films["label"]),
        films[[f"prob_{name}" for name in THREE.classes]].to_numpy(),
        list(films["patient_id"]),
    )
    one, other = evaluate_films(films, NO_SIDES, PARAMS), evaluate_films(of_three, THREE, PARAMS)
    assert one["classes_view"]["matrix"] == other["classes_view"]["matrix"]
    assert other["n_positive"] == int((films["label"] != "NORMAL").sum())


def leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    return [value]
