import json

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from tasks.core.decision.calibrators import PlattScaling, TemperatureScaling
from tasks.core.statistics.bootstrap import resample_patients
from tasks.core.statistics.intervals import wilson_interval
from tasks.evaluate.calibration_report import is_at_edge, reliability_bins, report_calibration
from tasks.evaluate.metrics import Scored, calibration_error
from tests.cohorts import CLASSES, evaluate_params
from tests.decisions import decision

PARAMS = evaluate_params()
THREE = ("COVID", "NORMAL", "VIRAL")


def predicted(
    prob: np.ndarray, raw: np.ndarray, truth: np.ndarray, classes: tuple[str, ...]
) -> pd.DataFrame:
    """Rows of the predictions, two films of each patient."""
    films = pd.DataFrame({"group_id": [f"p{row // 2:03d}" for row in range(len(truth))]})
    films["label"] = [classes[index] for index in truth]
    films["class_index"] = truth
    for index, name in enumerate(classes):
        films[f"prob_{name}"], films[f"prob_{name}_raw"] = prob[:, index], raw[:, index]
    return films


def random_films(classes: tuple[str, ...], n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    prob, raw = (rng.dirichlet(np.ones(len(classes)), n) for _ in range(2))
    return predicted(prob, raw, rng.integers(0, len(classes), n), classes)


def test_numbers_of_two_sides_agree_with_scikit_learn():
    films = random_films(CLASSES)
    found = report_calibration(films, decision(), PARAMS)
    for stage, ending in (("before", "_raw"), ("after", "")):
        prob, truth = films[f"prob_PNEUMONIA{ending}"].to_numpy(), films["class_index"].to_numpy()
        assert found[stage]["log_loss"]["value"] == pytest.approx(log_loss(truth, prob))
        assert found[stage]["brier"]["value"] == pytest.approx(brier_score_loss(truth, prob))
        scored = Scored(truth == 1, truth == 1, prob)
        expected = calibration_error(scored, np.ones((1, 200)))[0]
        assert found[stage]["ece"]["value"] == pytest.approx(expected)
        for estimate in found[stage].values():
            assert estimate["low"] < estimate["value"] <= estimate["high"]


def test_three_classes_with_a_negative_one_are_judged_as_two_sides():
    films = random_films(THREE)
    found = report_calibration(films, decision(classes=THREE, negative_class="NORMAL"), PARAMS)
    ill, prob = films["label"] != "NORMAL", 1 - films["prob_NORMAL"]
    assert found["event"] == "finding"
    assert found["after"]["log_loss"]["value"] == pytest.approx(log_loss(ill, prob))


def test_numbers_without_a_negative_class_by_hand():
    prob = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    films = predicted(prob, prob, np.array([0, 1]), THREE)
    nothing = {"negative_class": None, "operating_points": (), "operating_point": None}
    found = report_calibration(films, decision(classes=THREE, **nothing), PARAMS)
    assert found["event"] == "called class is true"
    after = {name: estimate["value"] for name, estimate in found["after"].items()}
    assert after["log_loss"] == pytest.approx(-(np.log(0.7) + np.log(0.3)) / 2)
    # squares: 0.09 + 0.04 + 0.01, and 0.01 + 0.49 + 0.36
    assert after["brier"] == pytest.approx((0.14 + 0.86) / 2)
    # the calls at 0.6 (wrong) and 0.7 (right) have a bin each
    assert after["ece"] == pytest.approx((0.6 + 0.3) / 2)


def test_reliability_agrees_with_scikit_learn_and_counts_each_film_once():
    films = random_films(CLASSES)
    found = report_calibration(films, decision(), PARAMS)["reliability"]["after"]
    truth = films["class_index"].to_numpy()
    shares, means = calibration_curve(
        truth, films["prob_PNEUMONIA"], n_bins=10, strategy="quantile"
    )
    assert [row["frequency"] for row in found] == pytest.approx(shares.tolist())
    assert [row["mean_probability"] for row in found] == pytest.approx(means.tolist())
    assert [row["n_images"] for row in found] == [20] * 10
    assert all(row["low"] <= row["frequency"] <= row["high"] for row in found)


def test_a_bin_without_events_has_the_interval_of_its_patients():
    patients = pd.Series(["a", "a", "b", "c", "d", "d"])
    resamples = resample_patients(patients, 200, seed=0)
    (row,) = reliability_bins(np.full(6, 0.1), np.zeros(6, dtype=bool), patients, resamples)
    assert (row["frequency"], row["low"], row["high"]) == (0.0, 0.0, wilson_interval(0, 4).high)


def test_films_without_a_label_are_left_out():
    films = random_films(CLASSES)
    more = pd.concat([films, films.assign(label=None, class_index=pd.NA)], ignore_index=True)
    more["class_index"] = more["class_index"].astype("Int32")
    expected = report_calibration(films, decision(), PARAMS)
    assert report_calibration(more, decision(), PARAMS) == expected


@pytest.mark.parametrize("negative_class", ["NORMAL", None])
def test_a_cohort_without_labels_gives_nulls(negative_class):
    films = random_films(CLASSES).assign(label=None, class_index=pd.array([None] * 200, "Int32"))
    decided = decision(
        negative_class=negative_class,
        operating_point=None if negative_class is None else "half",
    )
    found = report_calibration(films, decided, PARAMS)
    nothing = dict.fromkeys(("value", "low", "high"))
    assert found["after"] == {"ece": nothing, "log_loss": nothing, "brier": nothing}
    assert found["reliability"] == {"before": [], "after": []}


@pytest.mark.parametrize("n", [1, 2])
def test_one_patient_gives_values_without_an_interval(n):
    found = report_calibration(random_films(CLASSES, n), decision(), PARAMS)
    for estimate in found["after"].values():
        assert estimate["value"] is not None
        assert estimate["low"] is estimate["high"] is None


def test_one_class_and_sure_misses_stay_finite_and_fit_json():
    prob = np.tile([1.0, 0.0], (8, 1))
    films = predicted(prob, prob, np.ones(8, dtype=int), CLASSES)
    found = report_calibration(films, decision(), PARAMS)
    assert found["after"]["log_loss"]["value"] == pytest.approx(36.04, abs=0.01)  # -log(2.2e-16)
    assert found["after"]["ece"]["value"] == 1.0
    json.dumps(found, allow_nan=False)


def test_method_and_candidates_come_from_the_contract():
    losses = {"none": 0.3, "temperature": 0.2, "platt": 0.1, "isotonic": None}
    platt = PlattScaling((1.0, 1.0), (0.0, 0.0))
    films = random_films(CLASSES, 20)
    found = report_calibration(films, decision(calibrator=platt, candidates=losses), PARAMS)
    assert (found["method"], found["temperature"], found["fitted_on"]) == (
        *("platt", 1.0),
        "validation",
    )
    assert found["chosen_by"] == "by hand"
    assert found["candidates"] == [
        {"method": method, "log_loss": loss} for method, loss in losses.items()
    ]
    scaled = report_calibration(films, decision(calibrator=TemperatureScaling(1.3)), PARAMS)
    assert (scaled["method"], scaled["temperature"]) == ("temperature", 1.3)


@pytest.mark.parametrize(("temperature", "expected"), [(20.0, True), (0.05, True), (19.0, False)])
def test_temperature_at_an_end_of_the_search_is_said(temperature: float, expected: bool) -> None:
    assert is_at_edge(temperature) is expected  # the ends are exp(-3) = 0.0498 and exp(3) = 20.09


def test_report_states_what_was_searched() -> None:
    found = report_calibration(random_films(CLASSES), decision(), PARAMS)
    low, high = found["temperature_limits"]
    assert (round(low, 3), round(high, 2), found["is_at_edge"]) == (0.05, 20.09, False)
