import json

import numpy as np
import pandas as pd
import pytest

from tasks.core.classifier import INPUT, Contract
from tasks.core.decision.decision import OperatingPoint, read_decision
from tasks.core.decision.hashes import hash_file, hash_films
from tasks.core.decision.threshold_choice import UNCHANGED
from tasks.core.errors import EvaluationError
from tasks.evaluate.contract.conformal_fit import fit_conformal_sets
from tasks.evaluate.contract.decide import MAX_REFERENCE_FILMS, decide, draw_reference
from tasks.evaluate.contract.decision_files import write_decision
from tests.cohorts import CLASSES, evaluate_params, squares_cohort
from tests.decisions import novelty_reference

THREE = ("COVID", "NORMAL", "VIRAL")


def network(classes: tuple[str, ...] = CLASSES) -> Contract:
    return Contract("ann", 16, classes, n_parameters=9, precision="float32")


def validation(classes: tuple[str, ...] = CLASSES) -> tuple[pd.DataFrame, np.ndarray]:
    films = squares_cohort({"val": 48}).sort_values("image_id").reset_index(drop=True)
    films["class_index"] = np.arange(96) // 2 % len(classes)
    films["label"] = [classes[index] for index in films["class_index"]]
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (96, len(classes))) + 1.5 * np.eye(len(classes))[films["class_index"]]
    return films, logits.astype(np.float32)


def saved(tmp_path, monkeypatch, contents: dict) -> dict:
    """Write a contract with the network beside it; return the contract as read by JSON."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/models/ann"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.keras").write_bytes(b"network")
    contents["network"]["sha256"] = hash_file(folder / "model.keras")
    write_decision(contents, novelty_reference())
    return json.loads((tmp_path / "data/contracts/ann/contract.json").read_text())


def test_contract_has_the_promised_content():
    films, logits = validation()
    found = decide(films, {UNCHANGED: logits}, network(), "n" * 64, evaluate_params())
    assert list(found) == [
        *("model", "classes", "negative_class", "network", "calibration", "operating_points"),
        *("operating_point", "threshold_on", "conformal", "validation"),
    ]
    assert found["network"] == {
        **{"sha256": "n" * 64, "size_px": 16, "precision": "float32"},
        "input": INPUT,
    }
    assert found["validation"] == {
        **{"films_sha256": hash_films(films["image_id"], films["label"])},
        **{"n_images": 96, "n_patients": 48},
    }
    names = [point["name"] for point in found["operating_points"]]
    assert names == [
        *("half", "youden", "target_sensitivity", "target_specificity", "cost_weighted"),
    ]
    rows = found["calibration"]["candidates"]
    assert [row["method"] for row in rows] == ["none", "temperature", "platt", "isotonic"]


def test_threshold_and_sets_come_from_the_calibrated_probabilities(tmp_path, monkeypatch):
    films, logits = validation()
    params = evaluate_params(target_sensitivity=0.8)
    contents = decide(films, {UNCHANGED: 5 * logits}, network(), "", params)
    assert contents["calibration"]["method"] != "none"
    saved(tmp_path, monkeypatch, contents)
    decision = read_decision("ann")
    prob = decision.calibrator.apply(5 * logits)
    truth = films["class_index"].to_numpy(dtype=np.int64)
    of_ill = prob[truth == 1, 1]
    assert 0.8 <= (of_ill >= decision.threshold).mean() <= 0.8 + 1 / len(of_ill)
    assert decision.conformal == fit_conformal_sets(prob, truth, 0.9)


def test_a_written_decision_is_read_back(tmp_path, monkeypatch):
    films, logits = validation()
    contents = decide(
        films, {UNCHANGED: logits}, network(), "", evaluate_params(operating_point="youden")
    )
    sealed = saved(tmp_path, monkeypatch, contents)
    decision = read_decision("ann")
    assert (decision.model, decision.classes) == ("ann", CLASSES)
    assert (decision.negative_class, decision.operating_point) == ("NORMAL", "youden")
    points = tuple(OperatingPoint(**point) for point in contents["operating_points"])
    assert decision.operating_points == points
    assert decision.threshold == points[1].threshold
    assert decision.calibrator.method == contents["calibration"]["method"]
    assert decision.candidates["none"] == contents["calibration"]["candidates"][0]["log_loss"]
    assert decision.sha256 == sealed["sha256"]
    assert decision.novelty.threshold == novelty_reference().threshold
    assert sealed["novelty"]["threshold"] == decision.novelty.threshold


def test_the_same_films_give_the_same_bytes(tmp_path, monkeypatch):
    films, logits = validation()
    folder = tmp_path / "data/contracts/ann"
    before = {}
    for _ in range(2):
        saved(
            tmp_path,
            monkeypatch,
            decide(films, {UNCHANGED: logits}, network(), "", evaluate_params()),
        )
        after = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert set(after) == {"contract.json", "novelty.npz"}
        assert before in ({}, after)
        before = after


def test_three_classes_are_positive_but_for_the_negative_one():
    films, logits = validation(THREE)
    params = evaluate_params(target_specificity=0.9)
    found = decide(films, {UNCHANGED: logits}, network(THREE), "", params)
    point = {row["name"]: row for row in found["operating_points"]}["target_specificity"]
    assert 0.9 <= point["specificity"] <= 0.9 + 1 / (films["label"] == "NORMAL").sum()
    assert len(found["conformal"]["quantiles"]) == 3


def test_without_a_negative_class_there_is_no_operating_point(tmp_path, monkeypatch):
    films, logits = validation(THREE)
    params = evaluate_params(negative_class=None)
    contents = decide(films, {UNCHANGED: logits}, network(THREE), "", params)
    assert (contents["operating_points"], contents["operating_point"]) == ([], None)
    saved(tmp_path, monkeypatch, contents)
    decision = read_decision("ann")
    assert (decision.operating_points, decision.threshold) == ((), None)


def test_wrong_negative_class_and_one_side_are_errors():
    films, logits = validation()
    with pytest.raises(EvaluationError, match=r"HEALTHY(.|\n)*choose from: NORMAL, PNEUMONIA"):
        decide(films, {UNCHANGED: logits}, network(), "", evaluate_params(negative_class="HEALTHY"))
    ill = (films["label"] == "PNEUMONIA").to_numpy()
    with pytest.raises(EvaluationError, match="48 positive of 48"):
        decide(films[ill], {UNCHANGED: logits[ill]}, network(), "", evaluate_params())


def test_one_patient_of_a_class_is_enough_for_a_stated_fallback():
    films, logits = validation()
    kept = (films["label"] == "NORMAL") | (films["group_id"] == "val-001")
    found = decide(
        films[kept], {UNCHANGED: logits[kept.to_numpy()]}, network(), "", evaluate_params()
    )
    assert found["calibration"]["method"] == "temperature"
    assert found["calibration"]["chosen_by"].endswith("the smallest class has 1")
    assert found["conformal"]["quantiles"][1] is None  # every set holds the class


def test_contract_says_what_the_locked_threshold_finds_in_each_condition(tmp_path, monkeypatch):
    films, logits = validation()
    fallen = logits - np.array([0.0, 1.0], dtype=np.float32)  # a place where every score falls
    params = evaluate_params(threshold_on="conditions_mean", target_sensitivity=0.8)
    contents = decide(films, {UNCHANGED: logits, "darker": fallen}, network(), "", params)
    saved(tmp_path, monkeypatch, contents)
    decision = read_decision("ann")
    choice = decision.threshold_choice
    assert choice.as_dict() == contents["threshold_on"]
    assert (choice.rule, [one.name for one in choice.conditions]) == (
        "conditions_mean",
        [UNCHANGED, "darker"],
    )
    ill = (films["label"] == "PNEUMONIA").to_numpy()
    for one, scores in zip(choice.conditions, (logits, fallen), strict=True):
        called = decision.calibrator.apply(scores)[:, 1] >= decision.threshold
        assert one.sensitivity["value"] == called[ill].mean()
        assert one.specificity["value"] == (~called)[~ill].mean()
        assert one.sensitivity["low"] < one.sensitivity["value"] < one.sensitivity["high"]
    found = [one.sensitivity["value"] for one in choice.conditions]
    assert 0.8 <= np.mean(found) < 0.8 + 1 / ill.sum()
    assert found[0] > 0.8 > found[1]


def test_conditions_move_the_thresholds_and_not_the_calibration():
    films, logits = validation()
    by_condition = {UNCHANGED: logits, "darker": logits - np.float32([0, 3])}
    alone, mean, worst = (
        decide(films, by_condition, network(), "", evaluate_params(threshold_on=rule))
        for rule in ("validation", "conditions_mean", "conditions_worst")
    )
    assert alone["calibration"] == mean["calibration"] == worst["calibration"]
    assert alone["conformal"] == mean["conformal"] == worst["conformal"]
    by_name = [
        {p["name"]: p["threshold"] for p in one["operating_points"]} for one in (alone, mean, worst)
    ]
    falling = [one["target_sensitivity"] for one in by_name]
    assert falling[0] > falling[1] > falling[2]
    assert {one["half"] for one in by_name} == {0.5}


def test_reference_films_are_all_or_a_fixed_draw_in_order():
    films = pd.DataFrame({"image_id": [f"{number:05d}" for number in range(2500)]})
    assert draw_reference(films[:2000], seed=0).equals(films[:2000])
    drawn = draw_reference(films, seed=0)
    assert len(set(drawn["image_id"])) == MAX_REFERENCE_FILMS
    assert drawn["image_id"].is_monotonic_increasing
    assert drawn.equals(draw_reference(films, seed=0))
    assert not drawn.equals(draw_reference(films, seed=1))
