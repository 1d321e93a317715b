"""Scores of the test films for programs without pandas: no identity, nulls where refused."""

from tasks.evaluate.film_scores import film_scores
from tests.decisions import decision
from tests.predicted_films import predicted_films, two_class

CALLS = decision()


def test_each_film_has_its_patient_truth_probability_and_referral():
    labels = ["PNEUMONIA", "NORMAL", "PNEUMONIA"]
    films = predicted_films(CALLS, labels, two_class([0.9, 0.5, 0.25]), patients=[7, 3, 7])
    found = film_scores(films, CALLS, is_synthetic=True)
    columns = found.pop("films")
    assert columns["patient"] == [0, 1, 0]
    assert columns["positive"] == [True, False, True]
    assert [round(prob, 6) for prob in columns["prob_finding"]] == [0.9, 0.5, 0.25]
    assert columns["is_referred"] == films["is_referred"].tolist()
    assert found == {
        "model": "minivggnet",
        "classes": ["NORMAL", "PNEUMONIA"],
        "negative_class": "NORMAL",
        "operating_point": "target_sensitivity",
        "threshold": 0.4,
        "is_synthetic": True,
    }


def test_a_film_that_the_guard_refuses_has_no_probability():
    films = predicted_films(CALLS, ["PNEUMONIA", "NORMAL"], two_class([0.9, 0.5]))
    films["is_refused"] = [True, False]
    assert film_scores(films, CALLS, is_synthetic=False)["films"]["prob_finding"][0] is None


def test_without_a_negative_class_there_are_no_films():
    films = predicted_films(CALLS, ["PNEUMONIA"], two_class([0.9]))
    calls = decision(negative_class=None, operating_point=None)
    assert film_scores(films, calls, is_synthetic=False)["films"] is None
