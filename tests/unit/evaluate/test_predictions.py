import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from tasks.core.decision.calibrators import TemperatureScaling
from tasks.core.decision.conformal_sets import ConformalSets
from tasks.core.decision.decision import Decision
from tasks.core.errors import EvaluationError
from tasks.core.tables import read_table, write_table
from tasks.evaluate.inference import Inference
from tasks.evaluate.predictions import predict_films, predictions_schema
from tests.cohorts import CLASSES, squares_cohort
from tests.decisions import decision, novelty_reference

THREE = ("COVID", "NORMAL", "VIRAL")


def held_out(n: int = 4) -> pd.DataFrame:
    return squares_cohort({"val": n, "test": n}).sort_values(["split", "image_id"])


def inferred(logits: np.ndarray, refused: tuple[int, ...] = ()) -> Inference:
    features = np.random.default_rng(1).normal(size=(len(logits), 4)).astype(np.float32)
    is_refused = np.isin(np.arange(len(logits)), refused)
    return Inference(logits.astype(np.float32), is_refused, features)


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (n, 16, 16, 1), dtype=np.uint8)


def predict(films: pd.DataFrame, logits: np.ndarray, decided: Decision, **refused: object):
    return predict_films(films, inferred(logits, **refused), decided, noise(len(films)))


def with_odds(*odds: float) -> np.ndarray:
    return np.array([[0.0, one] for one in odds])


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def test_file_has_the_promised_columns(tmp_path):
    films = held_out()
    table = predict(films, with_odds(*range(16)), decision())
    write_table(table, predictions_schema(CLASSES), tmp_path / "p.parquet")
    read = read_table(predictions_schema(CLASSES), tmp_path / "p.parquet")
    assert list(read.columns) == [
        *("image_id", "path", "split", "label", "subtype", "site", "patient_id", "group_id"),
        *("class_index", "logit_NORMAL", "prob_NORMAL_raw", "prob_NORMAL"),
        *("logit_PNEUMONIA", "prob_PNEUMONIA_raw", "prob_PNEUMONIA"),
        *("positive", "prob_positive", "called_positive", "outcome", "called_class"),
        *("is_refused", "novelty", "is_novel", "class_set", "is_referred"),
    ]
    assert list(read["image_id"]) == list(films["image_id"])
    assert (read["positive"].dtype, read["called_positive"].dtype) == (bool, bool)


def test_raw_and_calibrated_probabilities_are_softmax_of_the_logits():
    films, logits = held_out(), np.random.default_rng(0).normal(size=(16, 2)).astype(np.float32)
    table = predict(films, logits, decision(calibrator=TemperatureScaling(3.0)))
    exact = logits.astype(np.float64)
    np.testing.assert_array_equal(table[["logit_NORMAL", "logit_PNEUMONIA"]], logits)
    raw = table[["prob_NORMAL_raw", "prob_PNEUMONIA_raw"]]
    np.testing.assert_allclose(raw, softmax(exact, axis=1), rtol=1e-12)
    calibrated = table[["prob_NORMAL", "prob_PNEUMONIA"]]
    np.testing.assert_allclose(calibrated, softmax(exact / 3, axis=1))
    np.testing.assert_allclose(table["prob_positive"], table["prob_PNEUMONIA"], atol=1e-12)


def test_outcome_letters_by_hand():
    films = held_out(1).assign(class_index=9)  # the class index follows the label
    films["label"] = [CLASSES[index] for index in (1, 0, 1, 0)]
    odds = [logit(prob) for prob in (0.41, 0.41, 0.39, 0.39)]  # the threshold is 0.4
    table = predict(films, with_odds(*odds), decision())
    assert list(table["outcome"]) == ["TP", "FP", "FN", "TN"]
    assert list(table["class_index"]) == [1, 0, 1, 0]
    assert list(table["called_class"]) == ["NORMAL"] * 4  # 0.41 is below one half


def test_a_film_at_the_threshold_is_positive():
    table = predict(held_out(1), with_odds(0, 0, 0, -1), decision(operating_point="half"))
    assert list(table["called_positive"]) == [True, True, True, False]


def test_positive_of_three_classes_is_everything_but_the_negative_class():
    films = held_out(3)
    films["label"] = [THREE[index % 3] for index in range(12)]
    logits = 2 * np.eye(3)[np.arange(12) % 3]
    sets = ConformalSets(0.9, (0.6,) * 3)
    decided = decision(classes=THREE, negative_class="NORMAL", conformal=sets)
    table = predict(films, logits, decided)
    assert list(table["positive"]) == [True, False, True] * 4
    np.testing.assert_allclose(table["prob_positive"], table["prob_COVID"] + table["prob_VIRAL"])
    assert list(table["called_class"]) == list(films["label"])


def test_films_without_a_label_have_calls_and_no_outcome(tmp_path):
    films = held_out(1).assign(label=["NORMAL", None, "PNEUMONIA", None])
    table = predict(films, with_odds(1, 1, 1, -1), decision())
    path = tmp_path / "p.parquet"
    write_table(table, predictions_schema(CLASSES), path)
    read = read_table(predictions_schema(CLASSES), path)
    assert list(read["outcome"].fillna("-")) == ["FP", "-", "TP", "-"]
    assert read["class_index"].isna().tolist() == [False, True, False, True]
    assert read["positive"].isna().tolist() == [False, True, False, True]
    assert list(read["called_positive"]) == [True, True, True, False]


def test_films_of_a_cohort_without_any_label_can_be_written(tmp_path):
    films = held_out(1).assign(label=pd.array([None] * 4, dtype="str"))
    table = predict(films, with_odds(1, 1, 1, -1), decision())
    write_table(table, predictions_schema(CLASSES), tmp_path / "p.parquet")
    read = read_table(predictions_schema(CLASSES), tmp_path / "p.parquet")
    assert read[["class_index", "positive", "outcome"]].isna().all(axis=None)


def test_without_a_negative_class_the_two_sided_view_is_null(tmp_path):
    films = held_out(1)
    nothing = {"negative_class": None, "operating_points": (), "operating_point": None}
    table = predict(films, with_odds(1, 2, -3, 4), decision(**nothing))
    write_table(table, predictions_schema(CLASSES), tmp_path / "p.parquet")
    read = read_table(predictions_schema(CLASSES), tmp_path / "p.parquet")
    two_sided = ["positive", "prob_positive", "called_positive", "outcome"]
    assert read[two_sided].isna().all(axis=None)
    assert list(read["called_class"]) == ["PNEUMONIA", "PNEUMONIA", "NORMAL", "PNEUMONIA"]
    assert read["class_index"].notna().all()


def test_sets_and_referrals_by_hand():
    # a class is in the set from a probability of 0.4 on: 0.5 gives both, 0.9 gives one
    films, both = held_out(1), ConformalSets(0.9, (0.6, 0.6))
    odds = with_odds(0.0, logit(0.9), logit(0.9), logit(0.1))
    table = predict(films, odds, decision(conformal=both), refused=(2,))
    assert list(table["class_set"]) == ["NORMAL|PNEUMONIA", "PNEUMONIA", "PNEUMONIA", "NORMAL"]
    assert list(table["is_refused"]) == [False, False, True, False]
    expected = [True, table["is_novel"][1], True, table["is_novel"][3]]
    assert list(table["is_referred"]) == expected
    empty = predict(films, odds, decision(conformal=ConformalSets(0.9, (0.05, 0.05))))
    assert list(empty["class_set"]) == [""] * 4
    assert empty["is_referred"].all()


def test_a_film_is_novel_above_the_threshold():
    films, odds = held_out(1), with_odds(5, 5, -5, -5)
    scores = predict(films, odds, decision())["novelty"]
    limit = float(scores.sort_values().iloc[1])
    table = predict(films, odds, decision(novelty=replace(novelty_reference(), threshold=limit)))
    assert list(table["is_novel"]) == list(scores > limit)
    assert table["is_novel"].sum() == 2
    assert list(table["is_referred"]) == list(table["is_novel"])


def test_a_label_that_the_model_does_not_know_is_an_error():
    films = held_out(1).assign(label=["NORMAL", "COVID", "PNEUMONIA", None])
    with pytest.raises(EvaluationError, match=r"found: COVID(.|\n)*map them to NORMAL, PNEUMONIA"):
        predict(films, with_odds(0, 0, 0, 0), decision())


def test_the_films_given_are_not_changed():
    films = held_out()
    before = films.copy()
    predict(films, with_odds(*range(16)), decision())
    pd.testing.assert_frame_equal(films, before)


@pytest.mark.filterwarnings("error::pandas.errors.PerformanceWarning")
def test_forty_classes_give_no_warning_in_the_log():
    classes = tuple(f"CLASS {number:02d}" for number in range(40))
    films = held_out().assign(label=classes[7])
    logits = np.random.default_rng(3).normal(size=(len(films), 40))
    sets = ConformalSets(coverage=0.9, quantiles=(0.6,) * 40)
    many = decision(classes=classes, negative_class=classes[0], conformal=sets)
    table = predict(films, logits, many)
    assert list(table["class_index"]) == [7] * len(films)
    assert table[f"logit_{classes[39]}"].tolist() == logits[:, 39].astype(np.float32).tolist()
    pd.testing.assert_frame_equal(predict(table, logits, many), table)
