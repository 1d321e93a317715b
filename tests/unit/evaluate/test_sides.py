import numpy as np
import pytest

from tasks.core.errors import EvaluationError
from tasks.evaluate.sides import (
    require_both_sides,
    require_films,
    require_negative_class,
    require_same_classes,
    require_trained_classes,
)
from tests.cohorts import CLASSES, evaluate_params, squares_cohort


def test_classes_of_model_and_films_must_be_the_same():
    require_same_classes(CLASSES, ["PNEUMONIA", "NORMAL", "NORMAL"], "ann")
    with pytest.raises(EvaluationError, match=r"COVID, NORMAL(.|\n)*model ann"):
        require_same_classes(CLASSES, ["NORMAL", "COVID"], "ann")


def test_a_class_of_test_without_training_films_is_an_error_that_names_it():
    samples = squares_cohort()
    require_trained_classes(samples)
    samples.loc[samples["split"] == "test", "label"] = "COVID"
    with pytest.raises(EvaluationError, match=r"no training film of COVID(.|\n)*split test"):
        require_trained_classes(samples)


def test_a_class_of_training_may_be_missing_in_test():
    samples = squares_cohort()
    require_trained_classes(samples[(samples["split"] != "test") | (samples["label"] == "NORMAL")])


def test_error_about_a_wrong_negative_class_lists_the_classes():
    require_negative_class(CLASSES, evaluate_params())
    with pytest.raises(EvaluationError, match=r"HEALTHY(.|\n)*choose from: NORMAL, PNEUMONIA"):
        require_negative_class(CLASSES, evaluate_params(negative_class="HEALTHY"))


@pytest.mark.parametrize("positive", [[True, True], [False, False], []])
def test_a_split_of_one_side_is_an_error_that_names_it(positive):
    with pytest.raises(EvaluationError, match=rf"{sum(positive)} positive(.|\n)*split test"):
        require_both_sides(np.array(positive, dtype=bool), "test", "NORMAL")


def test_a_split_without_films_is_an_error_that_names_it():
    samples = squares_cohort({"train": 2, "test": 2})
    require_films(samples, ("train", "test"))
    with pytest.raises(EvaluationError, match="no film in split val"):
        require_films(samples, ("train", "val"))
