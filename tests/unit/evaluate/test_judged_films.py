import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tasks.core.errors import EvaluationError
from tasks.core.statistics.bootstrap import percentile_interval
from tasks.core.statistics.intervals import wilson_interval
from tasks.evaluate.judged_films import judge_metric, judged_films, paired_difference
from tasks.evaluate.metrics import METRICS, Scored
from tests.cohorts import CLASSES, evaluate_params
from tests.decisions import decision

THREE = ("COVID", "NORMAL", "VIRAL")
WITHOUT_NEGATIVE = decision(
    classes=THREE, negative_class=None, operating_points=(), operating_point=None
)


def films_of(class_index: np.ndarray, classes: tuple[str, ...] = CLASSES) -> pd.DataFrame:
    """Make two films per patient, of one class."""
    return pd.DataFrame(
        {
            "label": [classes[one] for one in np.repeat(class_index, 2)],
            "group_id": [f"p{number:03d}" for number in np.repeat(np.arange(len(class_index)), 2)],
        }
    )


def two_sided(prob: np.ndarray) -> np.ndarray:
    return np.stack([1 - prob, prob], axis=1)


def noisy(truth: np.ndarray, spread: float, seed: int) -> np.ndarray:
    score = truth + np.random.default_rng(seed).normal(0, spread, len(truth))
    return np.clip(0.5 + 0.2 * (score - 0.5), 0, 1)


TRUTH = np.arange(40) % 2
JUDGED = judged_films(films_of(TRUTH), decision(), evaluate_params())


def test_metrics_are_those_at_the_threshold_of_the_decision():
    prob = np.array([0.1, 0.1, 0.39, 0.4, 0.5, 0.1, 0.9, 0.3])
    judged = judged_films(films_of(np.array([0, 0, 1, 1])), decision(), evaluate_params())
    numbers = {name: judge_metric(name, judged, two_sided(prob), 0.4) for name in METRICS}
    assert numbers["sensitivity"]["value"] == 0.5
    assert numbers["specificity"]["value"] == 0.75
    truth = [0, 0, 0, 0, 1, 1, 1, 1]
    assert numbers["auroc"]["value"] == pytest.approx(roc_auc_score(truth, prob))


def test_a_paired_difference_is_that_of_each_resample():
    truth = np.repeat(TRUTH, 2)
    a, b = noisy(truth, 1.0, seed=1), noisy(truth, 2.0, seed=2)
    found = paired_difference("auroc", JUDGED, (two_sided(a), 0.4), (two_sided(b), 0.4))
    plain = roc_auc_score(truth, b) - roc_auc_score(truth, a)
    assert found["value"] == pytest.approx(plain)
    replicates = [
        METRICS["auroc"](Scored(truth == 1, prob >= 0.4, prob), JUDGED.resamples) for prob in (a, b)
    ]
    assert (found["low"], found["high"]) == percentile_interval(replicates[1] - replicates[0])


def test_an_interval_of_several_is_wider_and_one_without_width_is_undefined():
    truth = np.repeat(TRUTH, 2)
    a, b = two_sided(noisy(truth, 1.0, 1)), two_sided(noisy(truth, 2.0, 2))
    one = paired_difference("auroc", JUDGED, (a, 0.4), (b, 0.4))
    nine = paired_difference("auroc", JUDGED, (a, 0.4), (b, 0.4), n_intervals=9)
    assert nine["low"] < one["low"] < one["high"] < nine["high"]
    same = paired_difference("auroc", JUDGED, (a, 0.4), (a, 0.4))
    assert same == {"value": 0.0, "low": None, "high": None}


def test_without_a_negative_class_auroc_is_the_mean_of_the_classes_against_the_rest():
    truth = np.arange(30) % 3
    judged = judged_films(films_of(truth, THREE), WITHOUT_NEGATIVE, evaluate_params())
    prob = np.random.default_rng(0).dirichlet([1, 1, 1], 60) + np.eye(3)[np.repeat(truth, 2)] * 0.3
    prob /= prob.sum(axis=1, keepdims=True)
    found = judge_metric("auroc", judged, prob, None)
    expected = roc_auc_score(np.repeat(truth, 2), prob, multi_class="ovr", average="macro")
    assert found["value"] == pytest.approx(expected)
    assert found["low"] < found["value"] < found["high"]
    for name in ("sensitivity", "calibration_error"):
        assert judge_metric(name, judged, prob, None)["value"] is None
        assert paired_difference(name, judged, (prob, None), (prob, None))["value"] is None
    assert paired_difference("auroc", judged, (prob, None), (prob[::-1], None))["value"] < 0


def test_a_perfect_macro_auroc_has_an_interval_with_a_width():
    truth = np.arange(30) % 3
    judged = judged_films(films_of(truth, THREE), WITHOUT_NEGATIVE, evaluate_params())
    found = judge_metric("auroc", judged, np.eye(3)[np.repeat(truth, 2)], None)
    assert found["value"] == found["high"] == 1.0
    assert 0.7 < found["low"] < 0.95


def test_one_class_only_is_undefined_and_no_error():
    judged = judged_films(films_of(np.zeros(6, dtype=int)), decision(), evaluate_params())
    prob = two_sided(np.linspace(0, 1, 12))
    assert judge_metric("auroc", judged, prob, 0.4)["value"] is None
    assert judge_metric("sensitivity", judged, prob, 0.4)["value"] is None
    assert judge_metric("specificity", judged, prob, 0.4)["value"] == pytest.approx(5 / 12)


def test_a_class_that_the_model_lacks_is_an_error_that_names_it():
    films = films_of(TRUTH).assign(label="TUBERCULOSIS")
    with pytest.raises(EvaluationError, match="found: TUBERCULOSIS"):
        judged_films(films, decision(), evaluate_params())


def test_a_change_from_0_to_1_has_the_interval_of_two_proportions():
    truth = np.repeat(TRUTH, 2)
    wrong, right = two_sided(0.9 - 0.8 * truth), two_sided(0.1 + 0.8 * truth)
    found = paired_difference("specificity", JUDGED, (wrong, 0.4), (right, 0.4))
    low = wilson_interval(20, 20).low  # 20 negative patients; the interval at 0 mirrors it
    assert found["value"] == 1.0
    assert found["low"] == pytest.approx(1 - np.sqrt(2) * (1 - low))
    assert found["high"] == pytest.approx(1.0)
