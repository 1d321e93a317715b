"""Sets of films that lack something: no number is invented, and sentences say what is missing."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tasks.core.decision.conformal_sets import ConformalSets
from tasks.evaluate.evaluation import evaluate_films
from tests.cohorts import evaluate_params
from tests.decisions import decision
from tests.predicted_films import predicted_films, two_class

PARAMS = evaluate_params()
DECISION = decision()
NOTHING = {"value": None, "low": None, "high": None}


def evaluated(labels: list[str | None], prob: list[float], patients: list | None = None) -> dict:
    return judged(predicted_films(DECISION, labels, two_class(prob), patients))


def judged(films: pd.DataFrame) -> dict:
    found = evaluate_films(films, DECISION, PARAMS)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


def test_films_of_one_side():
    found = evaluated(["NORMAL"] * 8, [0.1, 0.2, 0.3, 0.6, 0.1, 0.2, 0.7, 0.1])
    assert found["specificity"]["value"] == 6 / 8
    assert found["sensitivity"] == found["auroc"] == NOTHING
    assert found["per_patient"]["specificity"]["value"] == 6 / 8
    assert found["gaps"] == [
        "No film has a finding (all are NORMAL): undefined are auroc, average precision,"
        " sensitivity, balanced accuracy, mcc.",
        "No film of class PNEUMONIA: its recall and AUROC are undefined, and it is in no mean over"
        " the classes.",
    ]


def test_every_film_has_a_finding():
    found = evaluated(["PNEUMONIA"] * 6, [0.9, 0.8, 0.2, 0.9, 0.9, 0.3])
    assert found["sensitivity"]["value"] == 4 / 6
    assert found["gaps"][0].startswith("Every film has a finding (none is NORMAL): undefined are")


def test_films_without_a_label_are_counted_and_not_judged():
    labelled = evaluated(["NORMAL", "PNEUMONIA"] * 5, [0.1, 0.9] * 4 + [0.9, 0.1])
    found = evaluated(["NORMAL", "PNEUMONIA"] * 5 + [None], [0.1, 0.9] * 4 + [0.9, 0.1, 0.5])
    assert found["gaps"] == ["1 film without a label: not judged."]
    assert found | {"gaps": []} == labelled


@pytest.mark.parametrize("n", [0, 3])
def test_no_label_at_all(n):
    found = judged(predicted_films(DECISION, [None] * 3, two_class([0.5] * 3)).head(n))
    assert (found["n_images"], found["n_patients"], found["n_positive"]) == (0, 0, 0)
    assert found["auroc"] == found["accuracy"] == found["log_loss"] == NOTHING
    assert found["operating_points"]["half"]["sensitivity"] == NOTHING
    assert found["decision_curve"][0]["net_benefit"] == NOTHING
    assert (
        found["gaps"][-1] == "No film has a class that the model knows: every number is undefined."
    )
    assert len(found["gaps"]) == (2 if n else 1)


def test_films_of_a_class_that_the_model_does_not_know():
    films = predicted_films(DECISION, ["NORMAL", "PNEUMONIA"] * 4, two_class([0.1, 0.9] * 4))
    other = films.assign(label=["COVID", *films["label"][1:]])
    found = evaluate_films(other, DECISION, PARAMS)
    assert found["n_images"] == 7
    assert found["gaps"][0] == "1 film of class COVID, which the model does not know: not judged."


def test_one_patient_per_class():
    labels = ["NORMAL"] * 3 + ["PNEUMONIA"] * 3
    found = evaluated(labels, [0.1, 0.2, 0.7, 0.3, 0.8, 0.9], [0, 0, 0, 1, 1, 1])
    assert found["sensitivity"] == {"value": 2 / 3, "low": None, "high": None}
    assert found["auroc"]["value"] is not None
    assert found["auroc"]["low"] is None
    assert found["gaps"][0].startswith("Too few patients for an interval of auroc,")
    assert found["gaps"][1].startswith("Too few patients for an interval of class NORMAL: ")


def test_one_film():
    found = evaluated(["PNEUMONIA"], [0.9])
    assert found["sensitivity"] == {"value": 1.0, "low": pytest.approx(0.206549, abs=1e-6),
                                    "high": 1.0}  # fmt: skip
    assert found["n_patients"] == 1


@pytest.mark.parametrize("present", ["COVID", "NORMAL", "VIRAL"])
@pytest.mark.parametrize("negative_class", ["NORMAL", None])
def test_no_set_of_films_of_one_of_three_classes_raises(present, negative_class):
    one = decision(
        classes=("COVID", "NORMAL", "VIRAL"), conformal=ConformalSets(0.9, (0.6, 0.6, 0.6))
    )
    if negative_class is None:
        one = replace(one, negative_class=None, operating_points=(), operating_point=None)
    prob = np.random.default_rng(0).dirichlet(np.ones(3), 9)
    found = evaluate_films(predicted_films(one, [present] * 9, prob), one, PARAMS)
    json.dumps(found, allow_nan=False)
    named = [sentence for sentence in found["gaps"] if sentence.startswith("No film of class")]
    assert len(named) == 2
    assert found["classes_view"]["accuracy"]["value"] is not None
    assert sum(map(sum, found["classes_view"]["matrix"])) == 9
