import json

import numpy as np
import pandas as pd
import pytest

from tasks.core.errors import EvaluationError
from tasks.evaluate.evaluation import build_evaluation, main_metrics
from tasks.evaluate.metrics import METRICS
from tasks.evaluate.predictions import Choices
from tests.cohorts import CLASSES, evaluate_params

OUTCOMES = {(True, True): "TP", (False, True): "FP", (False, False): "TN", (True, False): "FN"}
CHOICES = Choices(temperature=1.3, threshold=0.5)


def predictions_of(table: dict[tuple[str, str], tuple[int, int]]) -> pd.DataFrame:
    """Films of test and val: (label, subtype) -> (called positive, not called)."""
    rows = [
        (split, label, subtype, called)
        for split in ("test", "val")
        for (label, subtype), counts in table.items()
        for called, count in zip((True, False), counts, strict=True)
        for _ in range(count)
    ]
    films = pd.DataFrame(rows, columns=["split", "label", "subtype", "called_positive"])
    films["subtype"] = films["subtype"].replace("", None)
    films["site"] = None
    films["positive"] = films["label"] != "NORMAL"
    films["prob_positive"] = np.where(films["called_positive"], 0.9, 0.1)
    films["group_id"] = [f"g{row // 2}" for row in range(len(films))]  # two films each
    pairs = zip(films["positive"], films["called_positive"], strict=True)
    films["outcome"] = [OUTCOMES[pair] for pair in pairs]
    return films


FILMS = predictions_of(
    {
        ("NORMAL", ""): (2, 8),
        ("PNEUMONIA", "bacteria"): (10, 2),
        ("PNEUMONIA", "virus"): (6, 2),
        ("PNEUMONIA", "fungus"): (2, 2),  # four films: too few for a subgroup
    }
)


def evaluated(films: pd.DataFrame = FILMS) -> dict:
    return build_evaluation("minivggnet", films, CLASSES, CHOICES, evaluate_params())


def test_counts_are_those_of_the_films_and_add_up():
    test = evaluated()["test"]
    assert test["confusion"] == {"tp": 18, "fp": 2, "tn": 8, "fn": 6}
    assert (test["n_images"], test["n_patients"], test["n_positive"]) == (34, 17, 24)
    confusion = test["confusion"]
    assert confusion["tp"] + confusion["fn"] == test["n_positive"]
    assert sum(confusion.values()) == test["n_images"]
    assert test["sensitivity"]["value"] == 18 / 24
    assert test["specificity"]["value"] == 8 / 10
    assert test["accuracy"]["value"] == 26 / 34


def test_each_split_has_every_metric_with_its_interval():
    metrics = evaluated()
    for split in ("test", "validation"):
        assert list(metrics[split])[4:] == list(METRICS)
        for name in METRICS:
            assert set(metrics[split][name]) == {"value", "low", "high"}


def test_evaluation_names_threshold_and_temperature_and_their_split():
    metrics = evaluated()
    assert metrics["operating_point"] == {
        "threshold": 0.5,
        "target_sensitivity": 0.75,
        "chosen_on": "validation",
        "rule": "highest threshold with that sensitivity",
    }
    assert metrics["calibration"] == {"temperature": 1.3, "fitted_on": "validation"}
    assert (metrics["model"], metrics["classes"]) == ("minivggnet", list(CLASSES))


def test_subgroups_have_the_metric_of_their_side_and_small_groups_are_left_out():
    groups = {group["name"]: group for group in evaluated()["subgroups"]}
    assert list(groups) == ["NORMAL", "bacteria", "virus"]
    assert groups["NORMAL"]["specificity"]["value"] == 8 / 10
    assert "sensitivity" not in groups["NORMAL"]
    assert groups["bacteria"]["sensitivity"]["value"] == 10 / 12
    assert (groups["virus"]["n_images"], groups["virus"]["n_patients"]) == (8, 4)
    assert {group["split"] for group in groups.values()} == {"test"}


def test_each_class_at_each_site_is_a_subgroup_if_there_are_several_sites():
    films = predictions_of({("NORMAL", ""): (4, 12), ("PNEUMONIA", ""): (12, 0)})
    films["site"] = ["NORTH", "SOUTH"] * (len(films) // 2)
    groups = {group["name"]: group for group in evaluated(films)["subgroups"]}
    sites = [f"{label} at {site}" for label in CLASSES for site in ("NORTH", "SOUTH")]
    assert list(groups) == [*CLASSES, *sites]
    assert groups["NORMAL at NORTH"]["n_images"] == 8


def test_interval_of_sensitivity_counts_the_positive_patients():
    films = predictions_of({("NORMAL", ""): (5, 5), ("PNEUMONIA", ""): (12, 0)})
    found = evaluated(films)["test"]["sensitivity"]
    # six patients of two films each, all found: n / (n + z^2) = 6 / 9.841459
    assert found == {"value": 1.0, "low": pytest.approx(0.609666, abs=1e-6), "high": 1.0}


def test_nothing_called_positive_gives_null_and_valid_json():
    metrics = evaluated(predictions_of({("NORMAL", ""): (0, 6), ("PNEUMONIA", ""): (0, 6)}))
    assert metrics["test"]["ppv"] == {"value": None, "low": None, "high": None}
    assert metrics["test"]["sensitivity"]["value"] == 0.0
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


@pytest.mark.parametrize("label", CLASSES)
@pytest.mark.parametrize("split", ["test", "val"])
def test_error_names_the_split_that_lacks_a_side(label, split):
    films = FILMS[(FILMS["split"] != split) | (FILMS["label"] == label)]
    with pytest.raises(EvaluationError, match=f"where: split {split}"):
        evaluated(films)


def test_evaluation_is_the_same_twice():
    assert evaluated() == evaluated(FILMS.copy())


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


def leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    return [value]
