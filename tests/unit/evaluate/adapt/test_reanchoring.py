import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.evaluate.adapt.change_in_words import describe_change, describe_prevalence
from tasks.evaluate.adapt.reanchoring import reanchored_threshold


@pytest.mark.parametrize(
    ("share", "threshold"), [(0.2, 0.9), (0.4, 0.7), (0.5, 0.7), (0.6, 0.5), (1.0, 0.1)]
)
def test_threshold_is_the_score_of_the_last_film_that_is_called(share, threshold):
    assert reanchored_threshold(np.array([0.5, 0.1, 0.9, 0.7, 0.3]), share) == threshold


def test_no_film_is_called_if_the_share_is_nil():
    prob = np.array([0.2, 1.0])
    assert not (prob >= reanchored_threshold(prob, 0.0)).any()


@given(prob=st.lists(st.floats(0, 1), min_size=1, max_size=40, unique=True), share=st.floats(0, 1))
def test_the_share_of_calls_is_the_stated_one_to_half_a_film(prob, share):
    scores = np.array(prob)
    called = scores >= reanchored_threshold(scores, share)
    assert abs(called.sum() - share * len(scores)) <= 0.5 + 1e-9


def change(low: float | None, high: float | None, value: float = 0.0) -> dict:
    return {"value": value, "low": low, "high": high}


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "said"),
    [
        (change(-0.1, 0.1), change(0.05, 0.2, 0.1), "It helped: specificity rose by 0.100 (0.050"),
        (change(-0.2, -0.1, -0.15), change(-0.1, 0.1), "It harmed: sensitivity fell by 0.150 (0.1"),
        (
            change(-0.2, -0.1, -0.15),
            change(0.05, 0.2, 0.1),
            "It moved the operating point: specifi",
        ),
        (change(-0.2, 0.1), change(0.0, 0.2, 0.1), "No change is shown"),
        (change(None, None), change(None, None), "No change is shown"),
    ],
)
def test_the_sentence_names_what_the_interval_supports(sensitivity, specificity, said):
    found = describe_change({"sensitivity": sensitivity, "specificity": specificity})
    assert found.startswith(said)


def test_the_sentence_on_prevalence_tells_the_direction_of_the_error():
    low = describe_prevalence(0.7, 0.2, reanchored=0.1, fixed=0.4)
    high = describe_prevalence(0.2, 0.7, reanchored=0.8, fixed=0.4)
    same = describe_prevalence(0.5, 0.502, reanchored=0.5, fixed=0.4)
    assert "At home 70 % of the films have a finding, and there 20 %" in low
    assert "so the threshold is too low: more normal films are called positive" in low
    assert high.endswith("too high: findings are missed.")
    assert same.endswith("so the rule fits.")
