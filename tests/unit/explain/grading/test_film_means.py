import numpy as np
import pytest

from tasks.explain.grading.film_means import UNKNOWN, mean_estimate, share_estimate


def test_films_without_a_value_are_left_out():
    found = mean_estimate([1.0, None, 3.0, 2.0], ["a", "b", "c", "d"], seed=0)
    assert found["value"] == 2
    assert 1 <= found["low"] < 2 < found["high"] <= 3
    assert mean_estimate([None], ["a"], seed=0) == UNKNOWN


def test_films_of_one_patient_show_no_spread():
    assert mean_estimate([1.0, 3.0], ["a", "a"], seed=0) == {"value": 2, "low": None, "high": None}


def test_the_share_of_hits_keeps_its_width_when_all_hit():
    found = share_estimate(np.ones(10, dtype=bool), [str(n) for n in range(10)])
    assert found["value"] == found["high"] == 1
    assert found["low"] == pytest.approx(0.7225, abs=1e-4)  # Wilson
