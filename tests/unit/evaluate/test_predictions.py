import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from tasks.core.errors import EvaluationError
from tasks.core.tables import read_table, write_table
from tasks.evaluate.predictions import build_predictions, predictions_schema
from tests.cohorts import CLASSES, evaluate_params, squares_cohort

PARAMS = evaluate_params()


def held_out(n_val: int = 8, n_test: int = 8) -> pd.DataFrame:
    samples = squares_cohort({"val": n_val, "test": n_test})
    return samples.sort_values(["split", "image_id"])


def noisy_logits(films: pd.DataFrame, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1, (len(films), 2))
    logits[np.arange(len(films)), films["class_index"]] += 1.0
    return logits.astype(np.float32)


def test_file_has_the_promised_columns(tmp_path):
    films = held_out()
    table, _ = build_predictions(films, noisy_logits(films), CLASSES, PARAMS)
    write_table(table, predictions_schema(CLASSES), tmp_path / "p.parquet")
    read = read_table(predictions_schema(CLASSES), tmp_path / "p.parquet")
    assert list(read.columns) == [
        *("image_id", "path", "split", "label", "subtype", "site", "patient_id", "group_id"),
        *("class_index", "logit_NORMAL", "prob_NORMAL_raw", "prob_NORMAL"),
        *("logit_PNEUMONIA", "prob_PNEUMONIA_raw", "prob_PNEUMONIA"),
        *("positive", "prob_positive", "called_positive", "outcome"),
    ]
    assert list(read["image_id"]) == list(films["image_id"])


def test_raw_and_calibrated_probabilities_are_softmax_of_the_logits():
    films = held_out()
    logits = noisy_logits(films)
    table, choices = build_predictions(films, logits, CLASSES, PARAMS)
    exact = logits.astype(np.float64)
    np.testing.assert_array_equal(table[["logit_NORMAL", "logit_PNEUMONIA"]], logits)
    raw = table[["prob_NORMAL_raw", "prob_PNEUMONIA_raw"]]
    np.testing.assert_allclose(raw, softmax(exact, axis=1), rtol=1e-12)
    calibrated = table[["prob_NORMAL", "prob_PNEUMONIA"]]
    np.testing.assert_allclose(calibrated, softmax(exact / choices.temperature, axis=1))
    np.testing.assert_allclose(table["prob_positive"], table["prob_PNEUMONIA"], atol=1e-12)


def test_outcome_letters_by_hand():
    # val: p(positive) of the positives is sigmoid(2), sigmoid(2), of the negatives sigmoid(-2),
    # sigmoid(1.5): target 0.75 needs both positives, so the threshold is sigmoid(2)
    films = pd.DataFrame(
        {
            "image_id": list("abcdefgh"),
            "split": ["test"] * 4 + ["val"] * 4,
            "class_index": [1, 0, 1, 0, 1, 1, 0, 0],
        }
    )
    films["label"] = [CLASSES[index] for index in films["class_index"]]
    gaps = [3.0, 2.5, 1.9, -1.0, 2.0, 2.0, -2.0, 1.5]
    logits = np.array([[0.0, gap] for gap in gaps], dtype=np.float32)
    table, choices = build_predictions(films, logits, CLASSES, PARAMS)
    assert list(table["outcome"]) == ["TP", "FP", "FN", "TN", "TP", "TP", "TN", "TN"]
    assert choices.threshold == pytest.approx(1 / (1 + np.exp(-2.0 / choices.temperature)))


def test_threshold_and_temperature_depend_on_validation_films_only():
    films = held_out()
    logits = noisy_logits(films)
    _, choices = build_predictions(films, logits, CLASSES, PARAMS)
    on_test = (films["split"] == "test").to_numpy()
    logits[on_test] = -9 * logits[on_test]
    films.loc[on_test, "class_index"] = 1 - films.loc[on_test, "class_index"]
    films.loc[on_test, "label"] = [CLASSES[k] for k in films.loc[on_test, "class_index"]]
    _, again = build_predictions(films, logits, CLASSES, PARAMS)
    assert again == choices
    logits[~on_test] = 2 * logits[~on_test]
    _, other = build_predictions(films, logits, CLASSES, PARAMS)
    assert other.temperature == pytest.approx(2 * choices.temperature, rel=1e-3)


def test_positive_of_three_classes_is_everything_but_the_negative_class():
    classes = ("COVID", "NORMAL", "VIRAL")
    films = held_out().assign(class_index=[0, 1, 2, 1] * 8)
    films["label"] = [classes[index] for index in films["class_index"]]
    rng = np.random.default_rng(1)
    logits = (rng.normal(0, 1, (32, 3)) + 2 * np.eye(3)[films["class_index"]]).astype(np.float32)
    table, _ = build_predictions(films, logits, classes, PARAMS)
    assert list(table["positive"]) == [True, False, True, False] * 8
    np.testing.assert_allclose(table["prob_positive"], 1 - table["prob_NORMAL"])
    np.testing.assert_allclose(table["prob_positive"], table["prob_COVID"] + table["prob_VIRAL"])
    assert {"logit_VIRAL", "prob_VIRAL_raw"} <= set(predictions_schema(classes).names)


def test_error_about_a_wrong_negative_class_lists_the_classes():
    films = held_out()
    params = evaluate_params(negative_class="HEALTHY")
    with pytest.raises(EvaluationError, match=r"HEALTHY(.|\n)*choose from: NORMAL, PNEUMONIA"):
        build_predictions(films, noisy_logits(films), CLASSES, params)


def test_validation_reaches_the_target_sensitivity():
    films = held_out(40, 8)
    table, _ = build_predictions(films, noisy_logits(films), CLASSES, PARAMS)
    ill = table[(table["split"] == "val") & table["positive"]]
    assert 0.75 <= ill["called_positive"].mean() <= 0.75 + 1 / len(ill)


def test_the_films_given_are_not_changed():
    films = held_out()
    before = films.copy()
    build_predictions(films, noisy_logits(films), CLASSES, PARAMS)
    pd.testing.assert_frame_equal(films, before)
